package message

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of an action card ("Message types and examples"; error 34016). For
// action_url the page says 700 characters and the official SDK 500.
const (
	maxButtonTitle = 20
	maxButtonURL   = 500
	maxButtons     = 1000 // characters of the list as JSON
)

var actionCardKind = Kind{
	Name: "action_card", Main: "markdown", Markdown: true,
	Fields: []Field{
		{Name: "title", Required: true, Note: "one line of plain text, at most 64 characters: the preview on the phone"},
		{Name: "markdown", Required: true, Note: "headings, bold, links and lists"},
		{Name: "buttons", Note: "{{ button TITLE URL }} for each, 20 and 500 characters; default: one to the event's URL"},
		{Name: "orientation", Note: "vertical (0, default) or horizontal (1)"},
	},
	make: makeActionCard,
	zero: func() body { return new(actionCardBody) },
}

// actionCardBody is an action card, of the single form or with a list of
// buttons, never both ("Message types and examples").
type actionCardBody struct {
	Title       string       `json:"title"`
	Markdown    string       `json:"markdown"`
	SingleTitle string       `json:"single_title,omitempty"`
	SingleURL   string       `json:"single_url,omitempty"`
	Orientation string       `json:"btn_orientation,omitempty"`
	Buttons     []cardButton `json:"btn_json_list,omitempty"`
}

type cardButton struct {
	Title string `json:"title"`
	URL   string `json:"action_url"`
}

// makeActionCard makes a card; without any button that has a usable URL it
// makes a markdown message of the same text, since a card must have one.
func makeActionCard(v Values, link string) (body, error) {
	marks, err := parse(markButton, v["buttons"])
	if err != nil {
		return nil, errors.New("buttons takes buttons: write {{ button TITLE URL }} for each")
	}
	orientation, err := parseOrientation(line(v["orientation"]))
	if err != nil {
		return nil, err
	}
	card := &actionCardBody{Title: CutRunes(line(v["title"]), maxTitle), Markdown: lines(v["markdown"], true)}
	var buttons []cardButton
	for _, m := range marks {
		buttons = addButton(buttons, m[0], m[1])
	}
	if len(buttons) == 0 {
		buttons = addButton(nil, "Open", link)
	}
	switch len(buttons) {
	case 0:
		return &markdownBody{Title: card.Title, Text: card.Markdown}, nil
	case 1:
		card.SingleTitle, card.SingleURL = buttons[0].Title, buttons[0].URL
	default:
		card.Orientation, card.Buttons = orientation, buttons
	}
	return card, nil
}

// addButton appends a button that DingTalk takes, or nothing.
func addButton(list []cardButton, title, url string) []cardButton {
	b := cardButton{CutRunes(line(title), maxButtonTitle), openable(url)}
	if b.Title == "" || b.URL == "" || utf8.RuneCountInString(b.URL) > maxButtonURL {
		return list
	}
	if more := append(list, b); buttonsLength(more) <= maxButtons {
		return more
	}
	return list
}

// buttonsLength counts the characters of the list as it stands in msg.
func buttonsLength(list []cardButton) int {
	n := len("[]") + len(list) - 1
	for _, b := range list {
		n += len(`{"title":"","action_url":""}`) + escapedRunes(b.Title) + escapedRunes(b.URL)
	}
	return n
}

func escapedRunes(s string) int {
	return utf8.RuneCountInString(s) + strings.Count(s, `"`) + strings.Count(s, `\`)
}

func parseOrientation(s string) (string, error) {
	switch s {
	case "", "0", "vertical":
		return "0", nil
	case "1", "horizontal":
		return "1", nil
	}
	return "", fmt.Errorf("orientation is %q: write vertical or horizontal", CutRunes(s, 20))
}

func (c *actionCardBody) msgtype() string { return "action_card" }
func (c *actionCardBody) texts() []text   { return []text{{&c.Title, false}, {&c.Markdown, true}} }
func (c *actionCardBody) visible() *text  { return &text{&c.Markdown, true} }

func (c *actionCardBody) linked(link string) (bool, *text) {
	for _, b := range c.Buttons {
		if b.URL == link {
			return true, nil
		}
	}
	return c.SingleURL == link, c.visible()
}

// unlink leaves only the shortest button, which keeps the card valid.
func (c *actionCardBody) unlink() {
	if len(c.Buttons) == 0 {
		return
	}
	best := c.Buttons[0]
	for _, b := range c.Buttons {
		if len(b.URL) < len(best.URL) {
			best = b
		}
	}
	c.SingleTitle, c.SingleURL, c.Orientation, c.Buttons = best.Title, best.URL, "", nil
}

func (c *actionCardBody) check() error {
	single := c.SingleTitle != "" && c.SingleURL != ""
	multi := len(c.Buttons) > 0
	switch {
	case c.Title == "":
		return errors.New("title is empty: write the line that a phone previews")
	case c.Markdown == "":
		return errors.New("markdown is empty: write what people are to read")
	case single == multi, !single && c.SingleTitle+c.SingleURL != "":
		return errors.New("a card has either single_title and single_url, or btn_json_list: write one of the two")
	case multi != (c.Orientation == "0" || c.Orientation == "1"), !multi && c.Orientation != "":
		return errors.New(`btn_orientation is "0" or "1", and comes with btn_json_list`)
	case multi && buttonsLength(c.Buttons) > maxButtons:
		return fmt.Errorf("the list of buttons has more than %d characters: write fewer, or shorter URLs", maxButtons)
	}
	if single {
		if err := checkButton(cardButton{c.SingleTitle, c.SingleURL}); err != nil {
			return err
		}
	}
	for _, b := range c.Buttons {
		if err := checkButton(b); err != nil {
			return err
		}
	}
	return atMost("title", c.Title, maxTitle)
}

func checkButton(b cardButton) error {
	if b.Title == "" {
		return errors.New("a button has no title: write what a tap does")
	}
	if err := atMost("a button's title", b.Title, maxButtonTitle); err != nil {
		return err
	}
	if err := checkURL("a button's URL", b.URL); err != nil {
		return err
	}
	return atMost("a button's URL", b.URL, maxButtonURL)
}
