package phone

import (
	"net/url"
	"strings"
)

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
