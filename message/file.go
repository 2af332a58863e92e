package message

var fileKind = Kind{
	Name:   "file",
	Fields: []Field{{Name: "media", Required: true, Note: "a media id; the file may have 10 MB"}},
	make: func(v Values, _ string) (body, error) {
		return &fileBody{mediaBody{line(v["media"])}}, nil
	},
	zero: func() body { return new(fileBody) },
}

// fileBody is a file message.
type fileBody struct{ mediaBody }

func (*fileBody) msgtype() string { return "file" }
