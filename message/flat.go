package message

import "github.com/go-json-experiment/json/jsontext"

// flat is a body of nothing but texts, which all stand in msg, empty or not: most
// messages. It needs no reflection.
type flat interface {
	// pairs are its texts with their names, in the order of msg.
	pairs() []pair
}

type pair struct{ name, text string }

// encodeFlat returns the bytes of msg that encoding/json would give for clean texts.
func encodeFlat(name string, pairs []pair) []byte {
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
		b = append(append(append(b, '"'), p.name...), `":`...)
		b, _ = jsontext.AppendQuote(b, p.text) // fails on what is no UTF-8 alone, and quotes it then, too
	}
	return append(b, "}}"...)
}
