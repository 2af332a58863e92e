package message

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// schemes are what a tap in a message may open.
var schemes = []string{"http://", "https://", "dingtalk://", "eapp://"}

// inURL encodes what would end a URL in a text, or need an escape in JSON.
var inURL = strings.NewReplacer(" ", "%20", `"`, "%22", `\`, "%5C", "<", "%3C", ">", "%3E")

// isBare says whether s has only what line and inURL leave as it is.
func isBare(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' {
			return false
		}
	}
	return true
}

// openable returns url, on one line and without spaces, or "" where it is not
// of a scheme that a message may open.
func openable(url string) string {
	if !isBare(url) {
		url = inURL.Replace(line(url))
	}
	if n := schemeLength(url); n == 0 || n == len(url) {
		return ""
	}
	return url
}

// schemeLength is how long the scheme of schemes is that s begins with, in
// whatever case; 0 where it begins with none.
func schemeLength(s string) int {
	for _, scheme := range schemes {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return len(scheme)
		}
	}
	return 0
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
		return fmt.Errorf("%s has %d characters: DingTalk takes %d, shorten it", field, n, max)
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
