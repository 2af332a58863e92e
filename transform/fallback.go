package transform

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/file"

	"workbell/message"
	"workbell/source"
)

// Shares of a plain text's room for what must not push out the rest.
const (
	faultRoom = 400
	titleRoom = 600
)

// standIn gives m the body of a message whose rule or template failed.
func (r *runner) standIn(rule *rule, m *Message, faults []Fault) {
	if m.Template = ""; rule.thirdParty {
		m.Body, m.Msgtype = r.plainTemplate(rule, faults), "template"
		return
	}
	m.Body, m.Msgtype = plainText(r.ev, faults, rule.room), "text"
}

// plainTemplate says what plainText does in every parameter of the rule's
// template, since a third-party app can send nothing else. It returns nil where
// the template has no parameter, or none that could be sent.
func (r *runner) plainTemplate(rule *rule, faults []Fault) []byte {
	f := r.t.families[rule.familyOf(r.ev)]
	if f == nil || len(f.parameters()) == 0 {
		return nil
	}
	v := message.Values{message.TemplateID: rule.templateID}
	for _, field := range f.parameters() {
		v[field] = plainWords(r.ev, faults, rule.room/len(f.parameters()))
	}
	built, err := message.Build("template", v, r.ev.URL, rule.room)
	if err != nil {
		return nil
	}
	return built.Body
}

// plainText is the message of an event whose rule or template failed.
func plainText(ev *source.Event, faults []Fault, room int) []byte {
	built, err := message.Build("text", message.Values{"content": plainWords(ev, faults, room)}, ev.URL, room)
	if err != nil {
		panic("transform: a text with content does not build: " + err.Error())
	}
	return built.Body
}

// plainWords are what an event says, where to see it, and what failed.
func plainWords(ev *source.Event, faults []Fault, room int) string {
	var said []string
	for _, f := range faults {
		said = append(said, f.Error())
	}
	why := message.Cut(message.Clean("workbell could not render this as meant: "+strings.Join(said, "; ")), faultRoom)
	title := message.Cut(message.Clean(headline(ev)), titleRoom)
	var end string
	if message.Openable(ev.URL) && len(ev.URL) <= titleRoom {
		end = "\n" + ev.URL
	}
	end += "\n" + why
	// Its JSON takes under 64 bytes around the text, and two for a line end.
	left := room - 64 - len(title) - len(end) - strings.Count(title+end, `"`) - strings.Count(title+end, `\`)
	text := message.Cut(strings.TrimSpace(message.Clean(ev.Text)), left)
	if text != "" {
		text = "\n" + text
	}
	return title + text + end
}

// headline is the title with the state in front, unless it says that itself.
func headline(ev *source.Event) string {
	title := ev.Title
	if title == "" {
		title = strings.TrimSpace(ev.Source + " " + ev.Name)
	}
	if ev.Status != "" && !strings.Contains(strings.ToLower(title), strings.ToLower(ev.Status)) {
		title = fmt.Sprintf("[%s] %s", strings.ToUpper(ev.Status), title)
	}
	return title
}

// plainError is an error on one line, without the picture of the expression.
func plainError(err error) string {
	var fe *file.Error
	if errors.As(err, &fe) {
		text := strings.TrimPrefix(fe.Message, "reflect: ")
		return fmt.Sprintf("%s (at %d:%d of the expression)", text, fe.Line, fe.Column+1)
	}
	var te *templateError
	if errors.As(err, &te) {
		return te.Error()
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}
