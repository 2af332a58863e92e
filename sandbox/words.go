package sandbox

import (
	"encoding/json"
	"fmt"

	"golang.org/x/text/language"
)

// words are the page's texts in a language other than English, by the English
// ones; those that it lacks stay English.
type words map[string]string

var (
	languages = language.NewMatcher([]language.Tag{language.English, language.Chinese})
	chinese   = readWords("page/zh.json")
)

func readWords(name string) (w words) {
	if err := json.Unmarshal([]byte(asset(name)), &w); err != nil {
		panic("sandbox: " + name + ": " + err.Error())
	}
	return w
}

// wordsFor returns the words that a header Accept-Language asks for, and the
// name of their language: English where it names none that there is.
func wordsFor(accept string) (words, string) {
	if _, i := language.MatchStrings(languages, accept); i == 1 {
		return chinese, "zh-CN"
	}
	return nil, "en"
}

// T is a text of the page; args fill in its verbs.
func (w words) T(english string, args ...any) string {
	text, ok := w[english]
	if !ok {
		text = english
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Reason is Recipient.Reason in these words.
func (w words) Reason(r Recipient) string { return r.reason(w) }
