package sandbox

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"workbell/phone"
)

//go:embed page
var assets embed.FS

var (
	// pageTemplate is parsed when somebody looks.
	pageTemplate = sync.OnceValue(func() *template.Template {
		return template.Must(template.ParseFS(assets, "page/page.html"))
	})
	style  = phone.CSS + asset("page/page.css")
	script = asset("page/page.js")
	icon   = asset("page/icon.svg")
)

func asset(name string) string {
	b, err := assets.ReadFile(name)
	if err != nil {
		panic("sandbox: " + err.Error())
	}
	return string(b)
}

// How much the page shows.
const (
	maxPeople = 200
	maxNotes  = 50
)

// policy lets the page load its own style, script and icon, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types page"

type pageData struct {
	words
	Lang     string
	People   []person
	More     int // people not shown
	Open     *person
	Notes    []note
	Counters Counters
	Refused  []refusal
	Command  string
	Quiet    bool // nothing has happened yet
	Whole    bool // whether notifications are kept
	Clock    string
}

// person is an employee in the list.
type person struct {
	ID, Name, Letter string
	Hue              int // one of eight
	Unread, Dropped  int
	Last, When       string
	At               time.Time
	Open             bool
	Link             string
}

// note is one notification in the chat.
type note struct {
	Call    Call
	To      Recipient
	Drawing template.HTML
	Stamp   string // the time, where the one before is some minutes old
}

// Class marks what was dropped, and how often a status bar was updated, so that
// the page notices.
func (n note) Class() string {
	var class []string
	if n.To.Reason() != "" {
		class = append(class, "dropped")
	}
	if bar := n.Call.StatusBar; bar != nil && bar.Updates > 0 {
		class = append(class, fmt.Sprint("bar", bar.Updates))
	}
	return strings.Join(class, " ")
}

// Bytes is how large the message is.
func (n note) Bytes() int { return len(n.Call.Msg) }

func (s *Sandbox) servePage(w http.ResponseWriter, r *http.Request) {
	data := s.page(r.URL.Query().Get("user"))
	data.words, data.Lang = wordsFor(r.Header.Get("Accept-Language"))
	data.Command = s.command(r.Host)
	var b bytes.Buffer
	if err := pageTemplate().Execute(&b, data); err != nil {
		http.Error(w, "drawing the page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Accept-Language")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(b.Bytes())
}

func serveAsset(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write([]byte(body))
	}
}

// page gathers what the page shows; user is whose chat is open, "" whoever was
// notified last.
func (s *Sandbox) page(user string) pageData {
	s.mu.Lock()
	people := make([]person, 0, len(s.org.ids))
	for _, id := range s.org.ids {
		people = append(people, s.org.employees[id].person())
	}
	slices.SortStableFunc(people, func(a, b person) int { return b.At.Compare(a.At) })
	data := pageData{People: people, Refused: slices.Clone(s.refusals), Whole: s.ledger.max >= 0, Clock: s.opt.Now().Local().Format("15:04")}
	data.Quiet = s.counters.Accepted == 0 && len(s.refusals) == 0
	at := max(slices.IndexFunc(people, func(p person) bool { return p.ID == user }), 0)
	if len(people) > 0 {
		people[at].Open = true
		data.Open = &people[at]
		data.Notes = s.org.employees[people[at].ID].notes()
	}
	s.mu.Unlock()

	for i, n := range data.Notes {
		data.Notes[i].Drawing = phone.Draw(n.Call.shown(), n.Call.App)
	}
	slices.Reverse(data.Refused)
	if len(people) > maxPeople && at < maxPeople {
		data.People, data.More = people[:maxPeople], len(people)-maxPeople
	}
	data.Counters = s.Counters()
	return data
}

// person is what the list says of an employee. Sandbox.mu is held.
func (e *employee) person() person {
	p := person{ID: e.ID, Name: e.Name, Letter: letter(e.Name), Hue: hue(e.ID), Link: "/?user=" + url.QueryEscape(e.ID)}
	for _, i := range e.inbox {
		switch i.recipient().Fate {
		case Unread:
			p.Unread++
		case Read:
		default:
			p.Dropped++
		}
	}
	if n := len(e.inbox); n > 0 {
		p.At = e.inbox[n-1].call.At
		p.When = p.At.Local().Format("15:04")
		p.Last = phone.Summary(e.inbox[n-1].call.shown())
	}
	return p
}

// notes are the newest notifications, oldest first. Sandbox.mu is held.
func (e *employee) notes() []note {
	var out []note
	var before time.Time
	for n, i := range e.inbox {
		at := i.call.At.Local()
		if n >= len(e.inbox)-maxNotes {
			out = append(out, note{Call: *i.call, To: *i.recipient(), Stamp: stamp(before, at)})
		}
		before = at
	}
	return out
}

func stamp(before, at time.Time) string {
	switch {
	case at.Sub(before) < 5*time.Minute:
		return ""
	case at.Format(time.DateOnly) != before.Format(time.DateOnly) && !before.IsZero():
		return at.Format("2 Jan 15:04")
	}
	return at.Format("15:04")
}

func letter(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	return string(unicode.ToUpper(r))
}

func hue(id string) int {
	n := 0
	for _, b := range []byte(id) {
		n = (n*31 + int(b)) % 8
	}
	return n
}

// Suggest sets the command that the page offers to paste; "" is a call of the
// sandbox itself.
func (s *Sandbox) Suggest(command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suggested = strings.TrimSpace(command)
	s.watch.changed()
}

// plainHost is a Host that can stand in a command as it is.
var plainHost = regexp.MustCompile(`^[0-9A-Za-z.:\[\]-]+$`)

// command is what to paste to see the first notification. Only the secret that
// everybody knows is shown.
func (s *Sandbox) command(host string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.suggested != "" {
		return s.suggested
	}
	a, pass := s.opt.Apps[0], "…"
	if a.Secret == DefaultApp().Secret {
		pass = a.Secret.Reveal()
	}
	if !plainHost.MatchString(host) {
		host = Address
	}
	return fmt.Sprintf(`B=http://%s
T=$(curl -s "$B%s?appkey=%s&appsecret=%s" |
  sed 's/.*access_token":"\([^"]*\).*/\1/')
P=%s
curl "$B$P?access_token=$T" \
  -H 'Content-Type: application/json' -d '{
  "agent_id": %d, "userid_list": "u1",
  "msg": {"msgtype": "text",
    "text": {"content": "Hello 你好 👋"}}}'`,
		host, PathToken, url.QueryEscape(a.Key), pass, PathSend, a.AgentID)
}
