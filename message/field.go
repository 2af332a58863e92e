package message

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// schemes are what a tap in a message may open.
var schemes = []string{"http://", "https://", "dingtalk://", "eapp://"}

// openable returns url, on one line and without spaces, or "" where it is not
// of a scheme that a message may open.
func openable(url string) string {
	url = strings.NewReplacer(" ", "%20", `"`, "%22", `\`, "%5C", "<", "%3C", ">", "%3E").Replace(line(url))
	for _, s := range schemes {
		if len(url) > len(s) && strings.EqualFold(url[:len(s)], s) {
			return url
		}
	}
	return ""
}

// Openable says whether url is one that a message may lead to: http, https,
// dingtalk or eapp.
func Openable(url string) bool { return openable(url) != "" }

func checkURL(field, url string) error {
	if url == "" || openable(url) != url {
		return fmt.Errorf("%s is %q: write a URL that begins with https://, http://, dingtalk:// or eapp://", field, CutRunes(url, 80))
	}
	return nil
}

func atMost(field, s string, max int) error {
	if n := utf8.RuneCountInString(s); n > max {
		return fmt.Errorf("%s has %d characters: DingTalk takes %d", field, n, max)
	}
	return nil
}

// first returns the first of the values that is not empty.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// short returns url, or instead where url would take more than a quarter of a
// message.
func short(url, instead string) string {
	if len(url) > MaxBytes/4 {
		return instead
	}
	return url
}
