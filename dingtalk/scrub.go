package dingtalk

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"workbell/secret"
)

var credentials = regexp.MustCompile(`(?i)((?:access_?token|app_?secret|suite_?secret|suite_?ticket|signature)["']?\s*[=:]\s*["']?)[^&\s"',}\]]+`)

// scrub cleans all that an Error holds from outside.
func (c *Client) scrub(e *Error, secrets ...string) {
	e.Message = c.clean(e.Message, maxMessage, secrets...)
	for _, id := range []*string{&e.Code, &e.SubCode, &e.RequestID} {
		*id = c.clean(*id, maxID, secrets...)
	}
}

// clean takes the secrets out of a text that came from outside, plain or
// escaped, and cuts it to most bytes.
func (c *Client) clean(s string, most int, secrets ...string) string {
	c.mu.Lock()
	held := c.held.value
	c.mu.Unlock()
	for _, v := range append(secrets, c.secret.Reveal(), held) {
		quoted, query := strconv.Quote(v), url.QueryEscape(v)
		for _, form := range []string{v, query, strings.ReplaceAll(query, "+", "%20"), url.PathEscape(v), quoted[1 : len(quoted)-1]} {
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
	if len(s) <= most {
		return s
	}
	cut := most - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
