package message

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

const (
	// MaxRows is how many rows of an OA message's form are shown; DingTalk
	// hides the rest ("Message types and examples").
	MaxRows = 6
	// DefaultHead is the head's colour where a template gives none.
	DefaultHead = "FF3B7CFF"
)

var oaKind = Kind{
	Name: "oa", Main: "content",
	Fields: []Field{
		{Name: "title", Required: true, Note: "one line of plain text"},
		{Name: "url", Note: "where a tap leads; default: the event's URL"},
		{Name: "pc_url", Note: "where a click on a PC leads; default: url"},
		{Name: "head", Note: "DingTalk shows the app's name instead"},
		{Name: "head_color", Note: "8 hex digits, AARRGGBB"},
		{Name: "form", Note: "{{ row KEY VALUE }}, at most six"},
		{Name: "rich", Note: "a number and its unit, with a space between: 15.6 %"},
		{Name: "content", Note: "plain text; three lines are shown"},
		{Name: "image", Note: "a media id"},
		{Name: "file_count", Note: "a number"},
		{Name: "author", Note: "one line of plain text"},
		{Name: "status", Note: "a word in the status bar; at most 5 named users a call"},
		{Name: "status_color", Note: "0xFF and 6 hex digits"},
	},
	make: makeOA,
	zero: func() body { return new(oaBody) },
}

// oaBody is an OA message ("Message types and examples").
type oaBody struct {
	MessageURL   string    `json:"message_url"`
	PCMessageURL string    `json:"pc_message_url,omitempty"`
	Head         oaHead    `json:"head"`
	StatusBar    *oaStatus `json:"status_bar,omitempty"`
	Body         oaMain    `json:"body"`
	hidden       bool      // rows were left out
}

type oaHead struct {
	BgColor string `json:"bgcolor"`
	Text    string `json:"text"`
}

type oaStatus struct {
	Value string `json:"status_value"`
	Bg    string `json:"status_bg,omitempty"`
}

type oaMain struct {
	Title     string  `json:"title,omitempty"`
	Form      []oaRow `json:"form,omitempty"`
	Rich      *oaRich `json:"rich,omitempty"`
	Content   string  `json:"content,omitempty"`
	Image     string  `json:"image,omitempty"`
	FileCount string  `json:"file_count,omitempty"`
	Author    string  `json:"author,omitempty"`
}

type oaRow struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type oaRich struct {
	Num  string `json:"num"`
	Unit string `json:"unit"`
}

func makeOA(v Values, link string) (body, error) {
	rows, err := parse(markRow, v["form"])
	if err != nil {
		return nil, errors.New("form takes rows: write {{ row KEY VALUE }} for each")
	}
	o := &oaBody{
		MessageURL:   first(openable(v["url"]), openable(link), NoURL),
		PCMessageURL: openable(v["pc_url"]),
		Head:         oaHead{first(line(v["head_color"]), DefaultHead), first(line(v["head"]), "workbell")},
		Body: oaMain{
			Title: line(v["title"]), Content: lines(v["content"], false), Image: line(v["image"]),
			FileCount: line(v["file_count"]), Author: line(v["author"]),
		},
		hidden: len(rows) > MaxRows,
	}
	for _, r := range rows[:min(len(rows), MaxRows)] {
		o.Body.Form = append(o.Body.Form, oaRow{line(r[0]), first(line(r[1]), "–")})
	}
	if rich := line(v["rich"]); rich != "" {
		num, unit, _ := strings.Cut(rich, " ")
		o.Body.Rich = &oaRich{num, strings.TrimSpace(unit)}
	}
	if status := line(v["status"]); status != "" {
		o.StatusBar = &oaStatus{status, line(v["status_color"])}
	}
	return o, nil
}

// IsStatusColor says whether DingTalk takes s as a status bar's colour.
func IsStatusColor(s string) bool { return statusColor.MatchString(s) }

// MaxBarUsers is the most people that one call with a status bar takes, all of
// them named; departments and everyone are refused ("Message types and
// examples", and DingTalk's FAQ).
const MaxBarUsers = 5

// HasStatusBar says whether msg, the bytes of a message made by this package,
// has a status bar.
func HasStatusBar(msg []byte) bool {
	// Inside a text the quotes would be escaped.
	return bytes.HasPrefix(msg, []byte(`{"msgtype":"oa"`)) && bytes.Contains(msg, []byte(`"status_bar":{`))
}

// WithoutStatusBar returns msg, the bytes of a message made by this package,
// without its status bar, and otherwise the same bytes.
func WithoutStatusBar(msg []byte) []byte { return withStatusBar(msg, nil) }

// TurnStatusBar returns msg, the bytes of a message made by this package, with
// that text and colour in its status bar, where it has one; without it where
// there is no room, MarkRoom included.
func TurnStatusBar(msg []byte, value, color string) []byte {
	turned := withStatusBar(msg, &oaStatus{value, color})
	if len(turned) > MaxBytes-MarkRoom {
		return WithoutStatusBar(msg)
	}
	return turned
}

// withStatusBar exchanges the status bar of a message that has one.
func withStatusBar(msg []byte, bar *oaStatus) []byte {
	if !HasStatusBar(msg) {
		return msg
	}
	b, err := decode(msg)
	o, ok := b.(*oaBody)
	if err != nil || !ok {
		return msg
	}
	o.StatusBar = bar
	return encode(o)
}

func (o *oaBody) msgtype() string { return "oa" }

func (o *oaBody) texts() []text {
	all := []text{{&o.Body.Title, false}, {&o.Body.Content, false}, {&o.Body.Author, false}}
	for i := range o.Body.Form {
		all = append(all, text{&o.Body.Form[i].Key, false}, text{&o.Body.Form[i].Value, false})
	}
	if o.StatusBar != nil {
		all = append(all, text{&o.StatusBar.Value, false})
	}
	if o.Body.Rich != nil {
		all = append(all, text{&o.Body.Rich.Num, false}, text{&o.Body.Rich.Unit, false})
	}
	return append(all, text{&o.Head.Text, false})
}

func (o *oaBody) visible() *text {
	if o.Body.Content != "" {
		return &text{&o.Body.Content, false}
	}
	return &text{&o.Body.Title, false}
}

func (o *oaBody) linked(string) (bool, *text) { return true, nil }

func (o *oaBody) unlink() {
	o.MessageURL = short(o.MessageURL, NoURL)
	o.PCMessageURL = short(o.PCMessageURL, "")
}

var (
	headColor   = regexp.MustCompile(`^[0-9A-Fa-f]{8}$`)
	statusColor = regexp.MustCompile(`^0x[Ff]{2}[0-9A-Fa-f]{6}$`)
	digits      = regexp.MustCompile(`^[0-9]{1,9}$`)
)

func (o *oaBody) check() error {
	main := &o.Body
	switch {
	case !headColor.MatchString(o.Head.BgColor):
		return fmt.Errorf("head_color is %q: write 8 hex digits, AARRGGBB, without 0x: FFBBBBBB", CutRunes(o.Head.BgColor, 20))
	case o.Head.Text == "":
		return errors.New("head is empty: write the name of what sends it")
	case o.StatusBar != nil && o.StatusBar.Value == "":
		return errors.New("status is empty: write a word, or leave the status bar out")
	case o.StatusBar != nil && o.StatusBar.Bg != "" && !statusColor.MatchString(o.StatusBar.Bg):
		return fmt.Errorf("status_color is %q: write 0xFF and 6 hex digits, RRGGBB: 0xFFF65E5E", CutRunes(o.StatusBar.Bg, 20))
	case main.FileCount != "" && !digits.MatchString(main.FileCount):
		return fmt.Errorf("file_count is %q: write a number", CutRunes(main.FileCount, 20))
	case len(main.Form) > MaxRows:
		return fmt.Errorf("form has %d rows: DingTalk shows %d, leave out the others", len(main.Form), MaxRows)
	case main.Title == "" && main.Content == "" && len(main.Form) == 0:
		return errors.New("title, content and form are empty: write one of them")
	}
	if main.Image != "" {
		if err := checkMedia("image", main.Image); err != nil {
			return err
		}
	}
	if o.PCMessageURL != "" {
		if err := checkURL("pc_url", o.PCMessageURL); err != nil {
			return err
		}
	}
	return checkURL("url", o.MessageURL)
}
