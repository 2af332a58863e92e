package message

import "errors"

var textKind = Kind{
	Name: "text", Main: "content",
	Fields: []Field{{Name: "content", Required: true, Note: "plain text; URLs in it can be tapped"}},
	make: func(v Values, _ string) (body, error) {
		return &textBody{Content: lines(v["content"], false)}, nil
	},
	zero: func() body { return new(textBody) },
}

// textBody is a text message ("Message types and examples": content is required).
type textBody struct {
	Content string `json:"content"`
}

func (t *textBody) msgtype() string             { return "text" }
func (t *textBody) texts() []text               { return []text{{&t.Content, false}} }
func (t *textBody) visible() *text              { return &text{&t.Content, false} }
func (t *textBody) linked(string) (bool, *text) { return false, t.visible() }
func (t *textBody) unlink()                     {}
func (t *textBody) pairs() []pair               { return []pair{{"content", t.Content}} }

func (t *textBody) check() error {
	if t.Content == "" {
		return errors.New("content is empty: write what people are to read")
	}
	return nil
}
