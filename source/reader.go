package source

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/alertmanager/template"
)

// reader reads a notification as Alertmanager and Grafana write it, at a sixth of
// what encoding/json costs. Wherever encoding/json might see a body otherwise
// (it is no JSON, a value is null or of another kind, a name is in other case,
// alerts come twice), the reader gives up, and encoding/json has the last word.
type reader struct {
	raw  []byte
	body string // raw; the strings of the notification are parts of it
	at   int    // how much of it has been read
	odd  bool   // the reader has given up; what it returns from then on means nothing
}

// quick reads body, which is valid UTF-8 and never changes, into n. Where it
// returns false, n is in no certain state.
func (n *Notification) quick(body []byte) bool {
	r := &reader{raw: body, body: unsafe.String(unsafe.SliceData(body), len(body))} //nolint:gosec // see Source.Decode: nobody changes a body
	r.object(func(name string) bool { return n.member(r, name) })
	return r.peek() == 0 && r.at == len(body) && !r.odd
}

// member reads the value of a member of the notification; false if it is
// unknown.
func (n *Notification) member(r *reader, name string) bool {
	switch name {
	case "receiver":
		n.Receiver = r.string()
	case "status":
		n.Status = r.string()
	case "alerts":
		r.odd = r.odd || n.Alerts != nil
		n.Alerts = r.alerts()
	case "notification_reason":
		n.NotificationReason = r.string()
	case "groupLabels":
		n.GroupLabels = r.kv(n.GroupLabels)
	case "commonLabels":
		n.CommonLabels = r.kv(n.CommonLabels)
	case "commonAnnotations":
		n.CommonAnnotations = r.kv(n.CommonAnnotations)
	case "routeLabels":
		n.RouteLabels = r.kv(n.RouteLabels)
	case "externalURL":
		n.ExternalURL = r.string()
	case "version":
		n.Version = r.string()
	case "groupKey":
		n.GroupKey = r.string()
	case "truncatedAlerts":
		n.TruncatedAlerts = r.int()
	default:
		return false
	}
	return true
}

func (r *reader) alerts() template.Alerts {
	list := make(template.Alerts, 0, 2) // as many as most groups have
	r.each('[', ']', func() {
		list = append(list, template.Alert{})
		a := &list[len(list)-1]
		r.object(func(name string) bool { return r.alertMember(a, name) })
	})
	return list
}

func (r *reader) alertMember(a *template.Alert, name string) bool {
	switch name {
	case "status":
		a.Status = r.string()
	case "labels":
		a.Labels = r.kv(a.Labels)
	case "annotations":
		a.Annotations = r.kv(a.Annotations)
	case "startsAt":
		a.StartsAt = r.time()
	case "endsAt":
		a.EndsAt = r.time()
	case "generatorURL":
		a.GeneratorURL = r.string()
	case "fingerprint":
		a.Fingerprint = r.string()
	default:
		return false
	}
	return true
}

// object reads an object whose members known reads; others are skipped.
func (r *reader) object(known func(name string) bool) {
	r.each('{', '}', func() {
		if name := r.name(); !known(name) {
			otherCase := slices.ContainsFunc(memberNames, func(n string) bool { return strings.EqualFold(n, name) })
			r.odd = r.odd || otherCase
			r.skip()
		}
	})
}

// memberNames are all names that are read, of which encoding/json takes any
// case.
var memberNames = []string{"receiver", "status", "alerts", "notification_reason", "groupLabels", "commonLabels", "commonAnnotations",
	"routeLabels", "externalURL", "version", "groupKey", "truncatedAlerts", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}

// kv reads into kv, which is there already where a name comes twice.
func (r *reader) kv(kv template.KV) template.KV {
	if kv == nil {
		kv = template.KV{}
	}
	r.each('{', '}', func() {
		name := r.name()
		kv[name] = r.string()
	})
	return kv
}

// skip passes a value of any kind.
func (r *reader) skip() {
	switch r.peek() {
	case '{':
		r.each('{', '}', func() {
			r.name()
			r.skip()
		})
	case '[':
		r.each('[', ']', r.skip)
	case '"':
		r.string()
	default:
		r.odd = !json.Valid(r.word()) || r.odd
	}
}

// each reads a list or an object, whose elements or members one reads.
func (r *reader) each(begin, end byte, one func()) {
	r.pass(begin)
	if r.peek() == end {
		r.at++
		return
	}
	for !r.odd {
		one()
		if r.peek() == end {
			r.at++
			return
		}
		r.pass(',')
	}
}

// peek passes space and returns what comes then, or 0 at the end.
func (r *reader) peek() byte {
	for ; r.at < len(r.body); r.at++ {
		if c := r.body[r.at]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// pass passes c.
func (r *reader) pass(c byte) {
	if r.peek() == c {
		r.at++
	} else {
		r.odd = true
	}
}

func (r *reader) name() string {
	name := r.string()
	r.pass(':')
	return name
}

func (r *reader) string() string {
	r.pass('"')
	rest := r.body[r.at:]
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '"':
			r.at += i + 1
			return rest[:i]
		case c == '\\':
			return r.escaped()
		case c < ' ':
			r.odd = true
			return ""
		}
	}
	r.odd = true
	return ""
}

// escaped reads the rest of a string that has escapes.
func (r *reader) escaped() string {
	start := r.at
	for ; r.at < len(r.body) && r.body[r.at] != '"'; r.at++ {
		if r.body[r.at] == '\\' {
			r.at++
		}
	}
	r.at = min(r.at+1, len(r.body))
	var buf [128]byte
	s, err := jsontext.AppendUnquote(buf[:0], r.body[start-1:r.at])
	r.odd = r.odd || err != nil
	return string(s)
}

func (r *reader) time() time.Time {
	var at time.Time
	r.peek()
	start := r.at
	r.string()
	r.odd = r.odd || at.UnmarshalJSON(r.raw[start:r.at]) != nil
	return at
}

func (r *reader) int() int {
	word := string(r.word())
	i, err := strconv.Atoi(word)
	r.odd = r.odd || err != nil || strconv.Itoa(i) != word
	return i
}

// word reads what is neither a string nor a list or an object.
func (r *reader) word() []byte {
	r.peek()
	start := r.at
	for r.at < len(r.body) && strings.IndexByte(",]} \n\r\t", r.body[r.at]) < 0 {
		r.at++
	}
	return r.raw[start:r.at]
}
