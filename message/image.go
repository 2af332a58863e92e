package message

var imageKind = Kind{
	Name:   "image",
	Fields: []Field{{Name: "media", Required: true, Note: "a media id; 600×400 pixels look best"}},
	make: func(v Values, _ string) (body, error) {
		return &imageBody{mediaBody{line(v["media"])}}, nil
	},
	zero: func() body { return new(imageBody) },
}

// imageBody is an image message.
type imageBody struct{ mediaBody }

func (*imageBody) msgtype() string { return "image" }
