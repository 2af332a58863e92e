package dingtalk

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"workbell/secret"
)

var credentials = regexp.MustCompile(`(?i)((?:access_?token|app_?secret|suite_?secret)["']?\s*[=:]\s*["']?)[^&\s"',}\]]+`)

// clean takes the secrets out of a text that came from outside, and bounds it.
func (c *Client) clean(s string, secrets ...string) string {
	for _, v := range append(secrets, c.appSecret.Reveal()) {
		for _, form := range []string{v, url.QueryEscape(v)} {
			if form != "" {
				s = strings.ReplaceAll(s, form, secret.Mask)
			}
		}
	}
	s = credentials.ReplaceAllString(s, "${1}"+secret.Mask)
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) <= maxMessage {
		return s
	}
	cut := maxMessage - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
