package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"workbell/outbox"
)

// phrasebook translates what other packages say in English: reasons, notes and
// refusals, much of which the history keeps as it was said. Its file has their
// wording as keys; a test holds these to the sources. The keys' verbs are %s (a
// part that is translated, too), %w (words that have to be), %v and %q (what is
// not), %d, %n (a name of the event's) and %j (JSON).
type phrasebook []phrase

type phrase struct {
	key   string
	piece string // of the key, in all that it stands for
	whole *regexp.Regexp
	said  string
	kinds []byte // of the verbs
}

// phrasebooks are by language; English has none. They are read when somebody looks:
// starting does not wait for hundreds of regular expressions.
var phrasebooks = sync.OnceValue(func() map[string]phrasebook {
	return map[string]phrasebook{"zh": readPhrases("zh")}
})

var (
	verb  = regexp.MustCompile(`%[swvqdnj]`)
	parts = map[byte]string{'s': `(.+?)`, 'w': `([a-z ]+?)`, 'v': `(.+?)`, 'q': `("(?:[^"\\]|\\.)*")`, 'd': `(\d+)`, 'n': `([\w.()\[\]"]+)`,
		'j': `("(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null|[\[{].*)`}
)

func readPhrases(lang string) phrasebook {
	data, err := textFiles.ReadFile("text/said." + lang + ".json")
	if err != nil {
		panic("console: " + err.Error())
	}
	var texts map[string]string
	if err := json.Unmarshal(data, &texts); err != nil {
		panic("console: text/said." + lang + ".json: " + err.Error())
	}
	for _, s := range outbox.States {
		if texts[string(s)] == "" {
			texts[string(s)] = catalogues()[lang].state(s)
		}
	}
	var book phrasebook
	for key, said := range texts {
		p := phrase{key: key, said: said}
		for _, v := range verb.FindAllString(key, -1) {
			p.kinds = append(p.kinds, v[1])
		}
		whole := verb.ReplaceAllStringFunc(regexp.QuoteMeta(key), func(v string) string { return parts[v[1]] })
		p.whole = regexp.MustCompile(`(?s)^` + whole + `$`)
		p.piece = slices.MaxFunc(verb.Split(key, -1), func(a, b string) int { return cmp.Compare(len(a), len(b)) })
		book = append(book, p)
	}
	// What says more is tried first.
	slices.SortFunc(book, func(a, b phrase) int {
		return cmp.Or(cmp.Compare(fixed(b.key), fixed(a.key)), strings.Compare(a.key, b.key))
	})
	return book
}

// fixed is how much of a key is no verb.
func fixed(key string) int { return len(verb.ReplaceAllString(key, "")) }

// maxSaid is how many bytes of what is said are translated, maxNested how deep.
const maxSaid, maxNested = 2000, 12

// joins are what parts of a sentence are joined with, here and in Chinese.
var joins = []struct{ en, zh string }{{"\n", "\n"}, {"; ", "；"}, {", ", "，"}, {": ", "："}}

// whose is a user's id before what became of them.
var whose = regexp.MustCompile(`(?s)^(\S+: )(.+)$`)

// say is what is said in the book's language, as far as the book knows.
func (b phrasebook) say(said string) string {
	if len(b) == 0 || len(said) > maxSaid {
		return said
	}
	return b.nested(said, maxNested)
}

func (b phrasebook) nested(said string, depth int) string {
	if depth == 0 {
		return said
	}
	for i := range b {
		if text, ok := b.as(&b[i], said, depth); ok {
			return text
		}
	}
	if m := whose.FindStringSubmatch(said); m != nil {
		return m[1] + b.nested(m[2], depth-1)
	}
	for _, join := range joins {
		if head, tail, ok := cut(said, join.en); ok {
			a, z := b.nested(head, depth-1), b.nested(tail, depth-1)
			if a == head && z == tail {
				return said
			}
			return a + join.zh + z
		}
	}
	return said
}

// as is what is said in the phrase's words, if it is that.
func (b phrasebook) as(p *phrase, said string, depth int) (text string, ok bool) {
	if !strings.Contains(said, p.piece) {
		return "", false
	}
	found := p.whole.FindStringSubmatch(said)
	if found == nil {
		return "", false
	}
	args := make([]any, len(p.kinds))
	for i, kind := range p.kinds {
		arg := found[i+1]
		if kind == 's' || kind == 'w' {
			arg = b.nested(arg, depth-1)
		}
		if kind == 'w' && arg == found[i+1] {
			return "", false
		}
		args[i] = arg
	}
	return fmt.Sprintf(p.said, args...), true
}

// cut is strings.Cut at the first between that is not inside of quotes.
func cut(said, between string) (head, tail string, ok bool) {
	quoted := false
	for i := range len(said) {
		switch {
		case said[i] == '"' && (i == 0 || said[i-1] != '\\'):
			quoted = !quoted
		case !quoted && strings.HasPrefix(said[i:], between):
			return said[:i], said[i+len(between):], true
		}
	}
	return said, "", false
}

// said translates what other packages say.
func (p *page) said(text string) string { return phrasebooks()[p.Lang].say(text) }
