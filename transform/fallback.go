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

// plainText is the message of an event whose rule or template failed: what it
// says, where to see it, and what failed.
func plainText(ev *source.Event, faults []Fault, room int) []byte {
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
	built, err := message.Build("text", message.Values{"content": title + text + end}, ev.URL, room)
	if err != nil {
		panic("transform: a text with content does not build: " + err.Error())
	}
	return built.Body
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
