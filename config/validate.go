package config

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What rules.yaml may leave out.
const (
	DefaultBaseURL       = "https://oapi.dingtalk.com"
	DefaultTimezone      = "Asia/Shanghai"
	DefaultCallsPerMonth = 5000
	DefaultExpire        = 24 * time.Hour
	DefaultDedupWindow   = 2 * time.Minute
	DefaultMaxBody       = Bytes(5 << 20)
	DefaultMaxBodyGitHub = Bytes(25 << 20)
	DefaultSeverity      = "critical" // of a heartbeat
)

func (c *Config) defaults() {
	dt := &c.DingTalk
	dt.BaseURL = strings.TrimRight(cmp.Or(dt.BaseURL, DefaultBaseURL), "/")
	dt.Timezone = cmp.Or(dt.Timezone, DefaultTimezone)
	if dt.CallsPerMonth == nil {
		n := DefaultCallsPerMonth
		dt.CallsPerMonth = &n
	}
	for i := range dt.Apps {
		a := &dt.Apps[i]
		a.Type = cmp.Or(a.Type, Internal)
		l, def := &a.Limits, a.defaultLimits()
		l.RecipientsPerMinute = cmp.Or(l.RecipientsPerMinute, def.RecipientsPerMinute)
		l.MessagesPerEmployeePerDay = cmp.Or(l.MessagesPerEmployeePerDay, def.MessagesPerEmployeePerDay)
		l.CallsPerSecond = cmp.Or(l.CallsPerSecond, def.CallsPerSecond)
		l.EveryonePerDay = cmp.Or(l.EveryonePerDay, def.EveryonePerDay)
	}
	for i := range c.Sources {
		c.Sources[i].defaults()
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		for s, def := range map[*Scalar]string{
			&r.Msgtype: "markdown", &r.Priority: "normal", &r.OnResolve: "send", &r.Repeat: "distinct", &r.Track: "none",
		} {
			s.Value = cmp.Or(s.Value, def)
		}
		if len(dt.Apps) > 0 {
			r.App.Value = cmp.Or(r.App.Value, dt.Apps[0].Name)
		}
		r.Expire = cmp.Or(r.Expire, DefaultExpire)
		for i := range r.Escalate {
			unless := &r.Escalate[i].Unless
			unless.Value = cmp.Or(unless.Value, "any_read")
		}
	}
}

func (d *decoder) validate(c *Config) {
	d.dingtalk(&c.DingTalk)
	d.sources(c.Sources)
	d.people(c)
	d.rules(c)
}

func (d *decoder) dingtalk(dt *DingTalk) {
	at := func(key string) Pos {
		if p, given := d.places[key]; given {
			return p
		}
		return Pos{File: d.File}
	}
	if !d.Sandbox && !isBaseURL(dt.BaseURL) {
		shown := strconv.Quote(dt.BaseURL) + " is not an https URL"
		if strings.Contains(dt.BaseURL, "@") {
			shown = "it holds a user name or a password, which DingTalk does not take" // and nobody may read
		}
		d.faults.Add(at("base_url"), "write https://oapi.dingtalk.com, or https://oapi.dingtalk.io outside China", "dingtalk.base_url: %s", shown)
	}
	var err error
	if dt.Location, err = time.LoadLocation(dt.Timezone); err != nil {
		dt.Location = time.UTC
		d.faults.Add(at("timezone"), "write a name of the IANA database, such as Asia/Shanghai", "dingtalk.timezone: %q is unknown", dt.Timezone)
	}
	if *dt.CallsPerMonth < 0 {
		d.faults.Add(at("calls_per_month"), "write 0 for no budget", "dingtalk.calls_per_month is negative")
	}
	if len(dt.Apps) == 0 {
		d.faults.Add(at("apps"), "name one under dingtalk.apps with agent_id, app_key and app_secret", "there is no app to send with")
	}
	names := map[string]Pos{}
	for i := range dt.Apps {
		d.app(&dt.Apps[i], fmt.Sprintf("dingtalk.apps[%d]", i), names)
	}
}

// missing adds a fault for a key that is not given, unless a fault tells
// already why: its value was wrong, or it is misspelt.
func (d *decoder) missing(at Pos, path, key, remedy string) {
	if !d.faulty(path+"."+key) && !d.faulty("unknown key "+path+".") {
		d.faults.Add(at, remedy, "%s.%s is missing", path, key)
	}
}

// faulty says whether there is a fault already that begins with about.
func (d *decoder) faulty(about string) bool {
	return slices.ContainsFunc(d.faults, func(f Fault) bool { return strings.HasPrefix(f.Problem, about) })
}

var nameShape = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_.-]*$`)

func isName(s string) bool { return utf8.RuneCountInString(s) <= 64 && nameShape.MatchString(s) }

func (d *decoder) name(name, path string, at Pos, seen map[string]Pos) {
	first, dup := seen[name]
	switch {
	case name == "":
		d.missing(at, path, "name", "the history, logs and metrics speak of it by name")
	case !isName(name):
		d.faults.Add(at, "use letters, digits, - _ and ., at most 64", "%s.name: %q is no name", path, name)
	case dup:
		d.faults.Add(at, "names are given once", "%s.name: %q is taken already, in line %d", path, name, first.Line)
	default:
		seen[name] = at
	}
}

func (d *decoder) people(c *Config) {
	lower := map[string]string{}
	for name, p := range c.People {
		if other, dup := lower[strings.ToLower(name)]; dup {
			d.faults.Add(p.At, "names of people are compared without regard to case", "people: %q and %q are the same", min(name, other), max(name, other))
		}
		lower[strings.ToLower(name)] = name
	}
	least := DefaultLimits.RecipientsPerMinute
	for i := range c.DingTalk.Apps {
		least = min(least, c.DingTalk.Apps[i].Limits.RecipientsPerMinute)
	}
	for name, g := range c.Groups {
		path := "groups." + name
		if !isName(name) {
			d.faults.Add(g.At, "use letters, digits, - _ and ., at most 64", "%s: no name", path)
		}
		if !g.Everyone && len(g.Users)+len(g.Depts)+len(g.People)+len(g.Mobiles) == 0 {
			d.faults.Add(g.At, "give users, depts, people, or everyone: true", "%s holds nobody", path)
		}
		for _, dept := range g.Depts {
			switch {
			case dept.ID <= 0:
				d.faults.Add(dept.At, "write the department's number", "%s.depts: %d is no department id", path, dept.ID)
			case dept.Size < 0:
				d.faults.Add(dept.At, "leave it out if it is not known", "%s.depts: size is negative", path)
			case dept.Size > DefaultLimits.RecipientsPerMinute:
				d.faults.Add(dept.At, "name its sub-departments instead", "%s.depts: %d has more than the %d people that one call may reach; DingTalk drops the rest without an error", path, dept.ID, DefaultLimits.RecipientsPerMinute)
			case dept.Size > least:
				d.faults.Warn(dept.At, "name its sub-departments instead, where that app sends to it", "%s.depts: %d has more people than the %d recipients a minute of an app; DingTalk drops the rest without an error", path, dept.ID, least)
			case dept.Size == 0:
				d.faults.Warn(dept.At, fmt.Sprintf("write {id: %d, size: N}", dept.ID), "%s.depts: the size of %d is not given; where it cannot be looked up, it counts as a whole minute's recipients", path, dept.ID)
			}
		}
	}
}

// isBaseURL says whether s is where DingTalk, or a stand-in on this machine, is
// asked.
func isBaseURL(s string) bool {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return false
	case u.Scheme == "http":
		return loopback(u.Hostname())
	}
	return u.Scheme == "https"
}

func loopback(host string) bool {
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}
