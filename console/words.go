package console

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"

	"workbell/message"
	"workbell/outbox"
)

//go:embed text
var textFiles embed.FS

// words are a language's texts, by key.
type words map[string]string

// catalogues are all languages' words. A test holds them to the same keys.
var catalogues = sync.OnceValue(func() map[string]words {
	return map[string]words{"en": read("en"), "zh": read("zh")}
})

func read(lang string) words {
	data, err := textFiles.ReadFile("text/" + lang + ".json")
	if err != nil {
		panic("console: " + err.Error())
	}
	var w words
	if err := json.Unmarshal(data, &w); err != nil {
		panic("console: text/" + lang + ".json: " + err.Error())
	}
	return w
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Chinese})

// languageOf is the catalogue for a header Accept-Language: "en" where it names
// none that there is.
func languageOf(accept string) string {
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return "en"
	}
	if _, i, sure := matcher.Match(wanted...); sure != language.No && i == 1 {
		return "zh"
	}
	return "en"
}

// text is the text of a key; args fill in its verbs.
func (w words) text(key string, args ...any) string {
	s, ok := w[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

func (w words) state(s outbox.State) string { return w.text("state." + string(s)) }

// status is an event's: in words, where it is one that all senders share.
func (w words) status(s string) string {
	if known := w["status."+s]; known != "" {
		return known
	}
	return s
}

// age is how long ago t was, in one unit.
func (w words) age(t, now time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return ""
	case d < 0:
		return w.text("age.soon", w.span(-d))
	case d < 5*time.Second:
		return w.text("age.now")
	default:
		return w.text("age.ago", w.span(d))
	}
}

func (w words) span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return w.text("span.s", int(d.Seconds()))
	case d < time.Hour:
		return w.text("span.m", int(d.Minutes()))
	case d < 48*time.Hour:
		return w.text("span.h", int(d.Hours()))
	}
	return w.text("span.d", int(d.Hours()/24))
}

// recipients names the first few of to, and says how many more there are.
func (w words) recipients(to message.Recipients, most int) string {
	all := w.names(to)
	if len(all) == 0 {
		return w.text("to.nobody")
	}
	shown := strings.Join(all[:min(most, len(all))], ", ")
	if more := len(all) - most; more > 0 {
		shown += " " + w.text("to.more", more)
	}
	return shown
}

func (w words) names(to message.Recipients) []string {
	var all []string
	if to.Everyone {
		all = append(all, w.text("to.everyone"))
	}
	all = append(all, to.Users...)
	for _, d := range to.Depts {
		all = append(all, w.text("to.dept", strconv.FormatInt(d.ID, 10)))
	}
	for _, m := range to.Mobiles {
		all = append(all, w.text("to.mobile", m))
	}
	return all
}
