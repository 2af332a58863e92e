package message

import (
	"errors"
	"strings"
)

// Row returns a marker for one row of an OA message's form. The field form
// takes any number of them.
func Row(key, value string) string { return mark(markRow, key, value) }

// Button returns a marker for one button of an action card. The field buttons
// takes any number of them; one without a URL is left out.
func Button(title, url string) string { return mark(markButton, title, url) }

func mark(kind rune, a, b string) string {
	return string(kind) + Clean(a) + string(markPart) + Clean(b) + string(markEnd)
}

// parse returns the parts of the markers of one kind in s, which may hold
// nothing else but spaces.
func parse(kind rune, s string) ([][2]string, error) {
	var all [][2]string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		inner, rest, ok := strings.Cut(s, string(markEnd))
		a, b, two := strings.Cut(strings.TrimPrefix(inner, string(kind)), string(markPart))
		if !ok || !two || !strings.HasPrefix(inner, string(kind)) {
			return nil, errors.New("text outside markers")
		}
		all = append(all, [2]string{a, b})
		s = rest
	}
	return all, nil
}
