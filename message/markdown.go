package message

import "errors"

// maxTitle is the most characters of a title: error 34016 names it for cards,
// and a preview shows fewer.
const maxTitle = 64

var markdownKind = Kind{
	Name: "markdown", Main: "text", Markdown: true,
	Fields: []Field{
		{Name: "title", Required: true, Note: "one line of plain text, at most 64 characters: the preview on the phone"},
		{Name: "text", Required: true, Note: "headings, quotes, bold, italic, links, images and lists"},
	},
	make: func(v Values, _ string) (body, error) {
		m := &markdownBody{Title: CutRunes(line(v["title"]), maxTitle), Text: lines(v["text"], true)}
		return m, nil
	},
	zero: func() body { return new(markdownBody) },
}

// markdownBody is a markdown message ("Message types and examples": both
// fields are required).
type markdownBody struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

func (m *markdownBody) msgtype() string { return "markdown" }
func (m *markdownBody) texts() []text {
	return []text{{&m.Title, false}, {&m.Text, true}}
}
func (m *markdownBody) visible() *text              { return &text{&m.Text, true} }
func (m *markdownBody) linked(string) (bool, *text) { return false, m.visible() }
func (m *markdownBody) unlink()                     {}
func (m *markdownBody) pairs() []pair               { return []pair{{"title", m.Title}, {"text", m.Text}} }

func (m *markdownBody) check() error {
	if m.Title == "" {
		return errors.New("title is empty: write the line that a phone previews")
	}
	if m.Text == "" {
		return errors.New("text is empty: write what people are to read")
	}
	return atMost("title", m.Title, maxTitle)
}
