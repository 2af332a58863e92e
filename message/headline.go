package message

import "strings"

// MaxHeadline is the most characters of a headline.
const MaxHeadline = 80

// Headline returns the first line of what people read in msg, the bytes of a
// message made by this package: its title where it has one, as plain text of at
// most MaxHeadline characters. "" for a message without text.
func Headline(msg []byte) string {
	b, err := decode(msg)
	if err != nil {
		return ""
	}
	for _, t := range b.texts() {
		for s := range strings.Lines(*t.s) {
			if t.markdown {
				s = strings.Trim(s, "#>*-_` \n")
			}
			if s = line(s); s != "" {
				return CutRunes(s, MaxHeadline)
			}
		}
	}
	return ""
}
