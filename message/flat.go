package message

import "unicode/utf8"

// flat is a body of nothing but texts, which all stand in msg, empty or not: it
// needs no encoding/json.
type flat interface {
	// pairs are its texts with their names, in the order of msg.
	pairs() []pair
}

type pair struct{ name, text string }

// encodeFlat returns the bytes of msg that encoding/json would give; false
// where a text is not clean, and so for encoding/json to escape.
func encodeFlat(name string, pairs []pair) ([]byte, bool) {
	size := len(`{"msgtype":"","":{}}`) + 2*len(name)
	for _, p := range pairs {
		size += len(`"":"",`) + len(p.name) + jsonLength(p.text)
	}
	b := append(make([]byte, 0, size), `{"msgtype":"`...)
	b = append(append(append(append(b, name...), `","`...), name...), `":{`...)
	for i, p := range pairs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), p.name...), `":"`...)
		var ok bool
		if b, ok = appendClean(b, p.text); !ok {
			return nil, false
		}
		b = append(b, '"')
	}
	return append(b, "}}"...), true
}

// appendClean appends clean text as it stands in a string of JSON; false where
// it is not clean.
func appendClean(b []byte, s string) ([]byte, bool) {
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if asItIs[c] {
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if removed(r) || r == utf8.RuneError && n == 1 {
				return b, false
			}
			i += n - 1
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		default:
			return b, false
		}
	}
	return append(b, s[from:]...), true
}

// asItIs says which bytes stand in a string of JSON as they are, whatever follows.
var asItIs = func() (is [256]bool) {
	for c := range utf8.RuneSelf {
		is[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return is
}()
