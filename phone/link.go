package phone

import (
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strings"
)

// address is what a phone makes tappable in plain text; Chinese text and
// punctuation end it.
var address = regexp.MustCompile(`(?i)\bhttps?://[a-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+`)

// linked returns plain text with its addresses as links.
func linked(text string) template.HTML {
	var b strings.Builder
	done := 0
	for _, at := range address.FindAllStringIndex(text, -1) {
		found := sentenceOff(text[at[0]:at[1]])
		href := safeURL(found)
		if href == "" {
			continue
		}
		b.WriteString(html.EscapeString(text[done:at[0]]))
		b.WriteString(`<a href="` + html.EscapeString(href) + `" target="_blank" rel="noopener noreferrer nofollow">` + html.EscapeString(found) + `</a>`)
		done = at[0] + len(found)
	}
	b.WriteString(html.EscapeString(text[done:]))
	return template.HTML(b.String()) //nolint:gosec // escaped piece by piece
}

// sentenceOff takes off what belongs to the sentence around an address.
func sentenceOff(found string) string {
	for {
		short := strings.TrimRight(found, ".,;:!?'*")
		for _, pair := range []string{"()", "[]"} {
			if strings.HasSuffix(short, pair[1:]) && strings.Count(short, pair[:1]) < strings.Count(short, pair[1:]) {
				short = short[:len(short)-1]
			}
		}
		if short == found {
			return found
		}
		found = short
	}
}

// safeURL returns where a link leads in a browser, or "" where it must not or
// cannot lead anywhere there: only http and https are followed. DingTalk's own
// links to a page (dingtalk://dingtalkclient/page/link?url=…) lead to that page.
func safeURL(raw string) string { return unwrap(raw, 3) }

func unwrap(raw string, depth int) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || depth == 0 {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Host == "" {
			return ""
		}
		return u.String()
	case "dingtalk":
		q := u.Query()
		for _, name := range []string{"url", "pcLink", "mobileLink"} {
			if in := unwrap(q.Get(name), depth-1); in != "" {
				return in
			}
		}
	}
	return ""
}
