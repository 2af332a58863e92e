// Package phone draws one work notification as DingTalk shows it on a phone.
//
// In come the bytes of a message; out come HTML that is safe to put into a page
// whatever the message holds, and the style sheet that it needs. It loads
// nothing: media are drawn as placeholders, colours are attributes of SVG, so
// that a page with a strict content security policy can show it. It never
// fails: what cannot be drawn is shown as the text that it is.
package phone

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxBytes is the most of a message that is drawn; DingTalk takes 2,048.
const maxBytes = 8 << 10

// CSS is the style sheet for what Draw returns. All its classes begin with
// "ph-"; it follows the page's color-scheme.
//
//go:embed phone.css
var CSS string

//go:embed phone.tmpl
var files embed.FS

// drawing is parsed when something is drawn first.
var drawing = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("phone.tmpl").Funcs(template.FuncMap{
		"markdown": renderMarkdown,
		"link":     safeURL,
		"linked":   linked,
		"head":     headColor,
		"status":   statusColor,
		"rows":     firstRows,
	}).ParseFS(files, "phone.tmpl"))
})

// Draw returns the card or bubble of msg, the bytes of the "msg" parameter of
// asyncsend_v2. app is the app's name, which an OA message's head shows.
func Draw(msg []byte, app string) template.HTML {
	m, err := read(msg)
	if err != nil {
		m = &notification{Msgtype: "broken", Broken: strings.ToValidUTF8(string(msg[:min(len(msg), maxBytes)]), "\uFFFD")}
	}
	m.App = app
	var b bytes.Buffer
	if err := drawing().ExecuteTemplate(&b, m.Msgtype, m); err != nil {
		return template.HTML(`<div class="ph-card ph-broken">This message cannot be drawn.</div>`)
	}
	return template.HTML(b.String()) //nolint:gosec // written by html/template
}

// Summary is the line of plain text that stands for msg in the list of chats
// and on the lock screen, at most 80 characters.
func Summary(msg []byte) string {
	m, err := read(msg)
	if err != nil {
		return "[Message]"
	}
	return cut(strings.Join(strings.Fields(m.summary()), " "), 80)
}

// notification is msg as far as drawing needs it. Unknown fields are ignored.
type notification struct {
	App    string `json:"-"`
	Broken string `json:"-"`

	Msgtype    string    `json:"msgtype"`
	Text       *textMsg  `json:"text"`
	Image      *mediaMsg `json:"image"`
	Voice      *mediaMsg `json:"voice"`
	File       *mediaMsg `json:"file"`
	Link       *linkMsg  `json:"link"`
	OA         *oaMsg    `json:"oa"`
	Markdown   *markMsg  `json:"markdown"`
	ActionCard *cardMsg  `json:"action_card"`
}

type textMsg struct {
	Content string `json:"content"`
}

type mediaMsg struct {
	MediaID  string `json:"media_id"`
	Duration string `json:"duration"`
}

type linkMsg struct {
	MessageURL string `json:"messageUrl"`
	PicURL     string `json:"picUrl"`
	Title      string `json:"title"`
	Text       string `json:"text"`
}

type markMsg struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

type cardMsg struct {
	Title       string `json:"title"`
	Markdown    string `json:"markdown"`
	SingleTitle string `json:"single_title"`
	SingleURL   string `json:"single_url"`
	Orientation string `json:"btn_orientation"`
	Buttons     []struct {
		Title string `json:"title"`
		URL   string `json:"action_url"`
	} `json:"btn_json_list"`
}

type oaMsg struct {
	MessageURL   string `json:"message_url"`
	PCMessageURL string `json:"pc_message_url"`
	Head         struct {
		BgColor string `json:"bgcolor"`
		Text    string `json:"text"`
	} `json:"head"`
	StatusBar *struct {
		Value string `json:"status_value"`
		Bg    string `json:"status_bg"`
	} `json:"status_bar"`
	Body struct {
		Title string  `json:"title"`
		Form  []oaRow `json:"form"`
		Rich  *struct {
			Num  string `json:"num"`
			Unit string `json:"unit"`
		} `json:"rich"`
		Content   string `json:"content"`
		Image     string `json:"image"`
		FileCount string `json:"file_count"`
		Author    string `json:"author"`
	} `json:"body"`
}

type oaRow struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// firstRows are those of a form that DingTalk shows.
func firstRows(rows []oaRow) []oaRow { return rows[:min(len(rows), 6)] }

// read decodes msg and makes sure that the body which msgtype names is there.
func read(msg []byte) (*notification, error) {
	if len(msg) > maxBytes {
		return nil, fmt.Errorf("a message of %d bytes", len(msg))
	}
	var m notification
	if err := json.Unmarshal(msg, &m); err != nil {
		return nil, err
	}
	has := map[string]bool{
		"text": m.Text != nil, "image": m.Image != nil, "voice": m.Voice != nil, "file": m.File != nil,
		"link": m.Link != nil, "oa": m.OA != nil, "markdown": m.Markdown != nil, "action_card": m.ActionCard != nil,
	}
	if !has[m.Msgtype] {
		return nil, fmt.Errorf("no body for the msgtype %q", m.Msgtype)
	}
	return &m, nil
}

func (m *notification) summary() string {
	switch m.Msgtype {
	case "text":
		return m.Text.Content
	case "image":
		return "[Image]"
	case "voice":
		return "[Voice] " + m.Voice.Duration + "″"
	case "file":
		return "[File]"
	case "link":
		return "[Link] " + m.Link.Title
	case "markdown":
		return m.Markdown.Title
	case "action_card":
		return orElse(m.ActionCard.Title, "[Card]")
	}
	return orElse(orElse(m.OA.Body.Title, m.OA.Body.Content), "[OA]")
}

func orElse(s, other string) string {
	if strings.TrimSpace(s) == "" {
		return other
	}
	return s
}

func cut(s string, characters int) string {
	if utf8.RuneCountInString(s) <= characters {
		return s
	}
	return string([]rune(s)[:characters-1]) + "…"
}
