package config

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// sourceType is what one kind of sender can do.
type sourceType struct {
	ways   []string // of proving itself, as auth names them
	fields bool     // whether it has fields and each: it is json, or json with fields of its own
}

// The ways of senders: who can set a header, who can sign besides, and who has
// a scheme of its own, for which auth has secrets.
var (
	byHeader    = []string{"bearer_token", "basic"}
	bySignature = append(slices.Clone(byHeader), "hmac", "standard_webhooks")
	byOwnScheme = append([]string{"secrets"}, bySignature...)
)

// Heartbeat is the type of a source that is to send regularly, and notifies when
// it stays away.
const Heartbeat = "heartbeat"

// minEvery is the shortest time between beats that a heartbeat may have.
const minEvery = time.Second

// sourceTypes are the senders that package source knows.
var sourceTypes = map[string]sourceType{
	"alertmanager":      {byHeader, false},
	"cloudevents":       {bySignature, true},
	"gitea":             {byOwnScheme, true},
	"github":            {[]string{"secrets"}, false},
	"gitlab":            {byOwnScheme, true},
	"grafana":           {append(slices.Clone(byHeader), "hmac"), false},
	Heartbeat:           {bySignature, false},
	"jenkins":           {bySignature, true},
	"json":              {bySignature, true},
	"sentry":            {byOwnScheme, true},
	"standard_webhooks": {byOwnScheme, true},
	"uptime-kuma":       {bySignature, true},
	"zabbix":            {bySignature, true},
}

func typeNames() []string { return slices.Sorted(maps.Keys(sourceTypes)) }

var fieldNames = []string{"id", "event", "title", "status", "severity", "group_key", "url", "text", "labels"}

func (d *decoder) sources(list []Source) {
	names := map[string]Pos{}
	if len(list) == 0 {
		d.faults.Warn(Pos{File: d.File}, "name the senders under sources", "there is no source: nothing can be received")
	}
	for i := range list {
		s, path := &list[i], fmt.Sprintf("sources[%d]", i)
		kind, known := sourceTypes[s.Type]
		d.name(s.Name, path, s.At, names)
		if s.Name != url.PathEscape(s.Name) {
			d.faults.Add(s.At, "use a–z, 0–9, - _ and .", "%s.name: %q does not fit the path /hooks/NAME", path, s.Name)
		}
		if s.Type == "" {
			d.missing(s.At, path, "type", fmt.Sprintf("write one of %q", typeNames()))
		} else if !known {
			d.faults.Add(s.At, DidYouMean(s.Type, typeNames()), "%s.type: %q is no kind of source", path, s.Type)
		}
		if known && !kind.fields && (len(s.Fields) > 0 || s.Each.Value != "") {
			d.faults.Add(s.At, "set type: json, or leave them out", "%s: a source of type %s has no each or fields", path, s.Type)
		}
		if known {
			d.heartbeat(s, path)
		}
		for key, f := range s.Fields {
			if !slices.Contains(fieldNames, key) {
				d.faults.Add(f.At, DidYouMean(key, fieldNames), "%s.fields: unknown field %q", path, key)
			}
		}
		d.auth(s, path+".auth")
		if s.Auth.At.Line == 0 && !d.Sandbox {
			d.faults.Warn(s.At, "give auth, or write auth: none if that is meant", "%s takes webhooks from anybody; serve refuses that where it listens beyond loopback", path)
		}
	}
}

func (d *decoder) auth(s *Source, path string) {
	a := s.Auth
	ways := map[string]bool{
		"bearer_token": !a.BearerToken.Empty(), "basic": a.Basic != nil, "secrets": len(a.Secrets) > 0,
		"hmac": a.HMAC != nil, "standard_webhooks": a.StandardWebhooks != nil,
	}
	var given []string
	for way, is := range ways {
		if is {
			given = append(given, way)
		}
	}
	slices.Sort(given)
	if len(given) > 1 {
		d.faults.Add(a.At, "keep one", "%s: %s are given; a source proves itself in one way", path, strings.Join(given, " and "))
	}
	if a.At.Line != 0 && !a.None && len(given) == 0 && !d.Sandbox && !d.faulty(path) {
		d.faults.Add(a.At, "write auth: none if that is meant", "%s holds no secret", path)
	}
	if kind, known := sourceTypes[s.Type]; known && len(given) > 0 && !slices.Contains(kind.ways, given[0]) {
		d.faults.Add(a.At, "write "+strings.Join(kind.ways, ", or "), "%s: %s does not go with type %s", path, given[0], s.Type)
	}
	if b := a.Basic; b != nil && (b.Username == "" || b.Password.Empty()) && !d.Sandbox {
		d.faults.Add(a.At, "give username and password (or password_file)", "%s.basic is incomplete", path)
	}
	if h := a.HMAC; h != nil && (h.Header == "" || len(h.Secrets) == 0 && !d.Sandbox) {
		d.faults.Add(a.At, "give header and secrets", "%s.hmac is incomplete", path)
	}
	if w := a.StandardWebhooks; w != nil && len(w.Secrets) == 0 && !d.Sandbox {
		d.faults.Add(a.At, "give secrets", "%s.standard_webhooks is incomplete", path)
	}
}

func (s *Source) defaults() {
	s.DedupWindow = cmp.Or(s.DedupWindow, DefaultDedupWindow)
	s.MaxBody = cmp.Or(s.MaxBody, map[string]Bytes{"github": DefaultMaxBodyGitHub}[s.Type], DefaultMaxBody)
	if s.Type == Heartbeat {
		s.Grace = cmp.Or(s.Grace, s.Every/5)
		s.Severity = cmp.Or(s.Severity, DefaultSeverity)
	}
}

// heartbeat checks what heartbeats alone have, and must.
func (d *decoder) heartbeat(s *Source, path string) {
	switch {
	case s.Type != Heartbeat:
		if s.Every != 0 || s.Grace != 0 || s.Severity+s.Title+s.URL != "" {
			d.faults.Add(s.At, "set type: heartbeat, or leave them out; other types may have them under fields",
				"%s: a source of type %s has no every, grace, severity, title or url", path, s.Type)
		}
	case s.Every == 0:
		d.missing(s.At, path, "every", "say how often it beats: every: 5m")
	case s.Every < minEvery:
		d.faults.Add(s.At, "write 1s or more", "%s.every: %v is too short for what travels over a network", path, s.Every)
	}
	if u, err := url.Parse(s.URL); s.Type == Heartbeat && s.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		d.faults.Add(s.At, "write one that begins with https://", "%s.url: %q is no URL that people can open", path, s.URL)
	}
}
