package message

import "errors"

// DefaultPicture is the picture of a link message whose template gives none:
// picUrl is required, and this media id is the one in the official sample.
const DefaultPicture = "@lALOACZwe2Rk"

// NoURL is where a tap leads on a message of a kind that must lead somewhere,
// made from an event that has no URL: the address of the official sample.
const NoURL = "https://www.dingtalk.com"

var linkKind = Kind{
	Name: "link", Main: "text",
	Fields: []Field{
		{Name: "url", Note: "where a tap leads; default: the event's URL"},
		{Name: "picture", Note: "a media id or an image's URL"},
		{Name: "title", Required: true, Note: "one line of plain text"},
		{Name: "text", Required: true, Note: "plain text"},
	},
	make: func(v Values, link string) (body, error) {
		l := &linkBody{
			MessageURL: first(openable(v["url"]), openable(link), NoURL),
			PicURL:     first(line(v["picture"]), DefaultPicture),
			Title:      line(v["title"]),
			Text:       lines(v["text"], false),
		}
		l.Text = first(l.Text, l.Title)
		return l, nil
	},
	zero: func() body { return new(linkBody) },
}

// linkBody is a link message ("Message types and examples": all four required,
// camel case inside).
type linkBody struct {
	MessageURL string `json:"messageUrl"`
	PicURL     string `json:"picUrl"`
	Title      string `json:"title"`
	Text       string `json:"text"`
}

func (l *linkBody) msgtype() string { return "link" }
func (l *linkBody) texts() []text   { return []text{{&l.Title, false}, {&l.Text, false}} }
func (l *linkBody) visible() *text  { return &text{&l.Text, false} }
func (l *linkBody) pairs() []pair {
	return []pair{{"messageUrl", l.MessageURL}, {"picUrl", l.PicURL}, {"title", l.Title}, {"text", l.Text}}
}

func (l *linkBody) linked(string) (bool, *text) { return true, nil }

func (l *linkBody) unlink() {
	l.MessageURL = short(l.MessageURL, NoURL)
	l.PicURL = short(l.PicURL, DefaultPicture)
}

func (l *linkBody) check() error {
	if l.Title == "" {
		return errors.New("title is empty: write one line of plain text")
	}
	if l.Text == "" {
		return errors.New("text is empty: write what people are to read")
	}
	if l.PicURL == "" {
		return errors.New("picture is empty: write a media id or an image's URL")
	}
	return checkURL("url", l.MessageURL)
}
