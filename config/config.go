// Package config reads rules.yaml into documented structs.
//
// In come the file's bytes, environment variables and secrets' files; out come
// a Config with every default filled in and every fault with its place. It
// knows the shape of the file and not what expressions mean: transform
// compiles those, and adds its faults at the places kept here.
package config

import (
	"time"

	"workbell/secret"
)

// Config is the whole of rules.yaml.
type Config struct {
	DingTalk DingTalk `yaml:"dingtalk"` // how to reach DingTalk, and in whose name
	// MediaDir is the folder with the files that image, file, voice and oa.image
	// may name; like every path here, seen from where workbell runs.
	MediaDir Scalar            `yaml:"media_dir"`
	Sources  []Source          `yaml:"sources"` // who may send webhooks, and what they send
	People   map[string]Scalar `yaml:"people"`  // name in any case → user id, or mobile:NUMBER
	Groups   map[string]Group  `yaml:"groups"`  // recipients by the name that rules give them
	// FallbackTo is a literal reference (sre, user:u7 …): who receives what
	// found nobody and what a faulty rule would have lost.
	FallbackTo Scalar `yaml:"fallback_to"`
	Rules      []Rule `yaml:"rules"` // tried from the top
}

// DingTalk says how to reach DingTalk and in whose name.
type DingTalk struct {
	BaseURL  string         `yaml:"base_url"` // an https URL; outside China https://oapi.dingtalk.io
	Timezone string         `yaml:"timezone"` // name of the IANA database: where DingTalk's day and month begin, and what times in messages are of
	Location *time.Location `yaml:"-"`        // Timezone, loaded
	// CallsPerMonth is never nil after Load.
	CallsPerMonth *int  `yaml:"calls_per_month"` // of the whole organisation; 0: none. A budget that is counted, not a gate
	Apps          []App `yaml:"apps"`            // the first is the default
}

// App is one DingTalk app in whose name notifications are sent.
type App struct {
	At        Pos           `yaml:"-"`
	Name      string        `yaml:"name"`       // what rules, history and metrics call it
	Type      string        `yaml:"type"`       // internal: the organisation's own; third_party: sends by DingTalk's templates
	AgentID   int64         `yaml:"agent_id"`   // from the app's page in DingTalk's developer console
	AppKey    string        `yaml:"app_key"`    // internal: AppKey, also called Client ID
	AppSecret secret.Secret `yaml:"app_secret"` // internal: AppSecret, also called Client Secret
	Limits    Limits        `yaml:"limits"`     // what DingTalk allows it, where that is not the default

	// What a third_party app has instead of key and secret.
	SuiteKey    string        `yaml:"suite_key"`    // third_party: SuiteKey, or CustomKey
	SuiteSecret secret.Secret `yaml:"suite_secret"` // third_party: SuiteSecret, or CustomSecret
	SuiteTicket secret.Secret `yaml:"suite_ticket"` // third_party: the ticket itself, of a custom app, which takes any
	// SuiteTicketFile is a file with the ticket, read at every request for a token: DingTalk pushes a
	// new ticket about every five hours.
	SuiteTicketFile string `yaml:"suite_ticket_file"`
	AuthCorpID      string `yaml:"auth_corp_id"` // third_party: CorpId of the organisation whose people receive its messages
}

// Types of apps.
const (
	Internal   = "internal"
	ThirdParty = "third_party"
)

// Limits are what DingTalk allows an app; past them it answers "ok" and drops
// the message (asyncsend_v2, rate limit).
type Limits struct {
	RecipientsPerMinute       int `yaml:"recipients_per_minute"`         // people of all calls within any 60 s
	MessagesPerEmployeePerDay int `yaml:"messages_per_employee_per_day"` // to one person; third_party: 100
	CallsPerSecond            int `yaml:"calls_per_second"`              // of each API method
	EveryonePerDay            int `yaml:"everyone_per_day"`              // messages to everyone
}

// Source is one sender of webhooks: POST /hooks/NAME.
type Source struct {
	At          Pos               `yaml:"-"`
	Name        string            `yaml:"name"`         // its path: POST /hooks/NAME
	Type        string            `yaml:"type"`         // what sends; below
	Auth        Auth              `yaml:"auth"`         // how it proves who it is
	DedupWindow time.Duration     `yaml:"dedup_window"` // alertmanager, grafana: within it the same notification of two Alertmanagers is taken once
	MaxBody     Bytes             `yaml:"max_body"`     // the most bytes of a webhook; github: 25MiB
	Each        Scalar            `yaml:"each"`         // expression that gives a list: one event for each element, which is then `item`; json, and the types made of it
	Fields      map[string]Scalar `yaml:"fields"`       // expressions for what is known of an event; json, and the types made of it

	Every    time.Duration `yaml:"every"`    // heartbeat: how often it is to beat
	Grace    time.Duration `yaml:"grace"`    // heartbeat: how late a beat may be; a fifth of every
	Severity string        `yaml:"severity"` // heartbeat: of what is told when it stays away; critical
	Title    string        `yaml:"title"`    // heartbeat: of what is told; it names the heartbeat
	URL      string        `yaml:"url"`      // heartbeat: what to open, a runbook, say; http or https
}

// Bytes is a size, written as 5MiB or 5242880.
type Bytes int64

// Auth is how a source proves who it is: exactly one way, or the word none.
type Auth struct {
	At               Pos               `yaml:"-"`                 // zero where rules.yaml says nothing
	None             bool              `yaml:"-"`                 // `auth: none`, said outright
	BearerToken      secret.Secret     `yaml:"bearer_token"`      // of the header Authorization
	Basic            *Basic            `yaml:"basic"`             // user and password, also from the URL
	Secrets          []secret.Secret   `yaml:"secrets"`           // the sender's own scheme: github, gitlab, gitea, sentry, standard_webhooks; several while rotating
	HMAC             *HMAC             `yaml:"hmac"`              // a signature of the body
	StandardWebhooks *StandardWebhooks `yaml:"standard_webhooks"` // the signature of standardwebhooks.com
}

// Basic is HTTP basic authentication.
type Basic struct {
	Username string        `yaml:"username"` // what the sender gives as user
	Password secret.Secret `yaml:"password"` // what it gives as password
}

// HMAC is a SHA-256 HMAC of the raw body in a header, hex or base64, with or
// without "sha256=".
type HMAC struct {
	Header  string          `yaml:"header"`  // that has the signature
	Secrets []secret.Secret `yaml:"secrets"` // several while rotating
}

// StandardWebhooks is the scheme of standardwebhooks.com: webhook-id,
// webhook-timestamp and webhook-signature.
type StandardWebhooks struct {
	Secrets []secret.Secret `yaml:"secrets"` // "whsec_…", several while rotating
}

// Group is a named set of recipients.
type Group struct {
	At       Pos      `yaml:"-"`
	Users    []Scalar `yaml:"users"`    // user ids of DingTalk
	Depts    []Dept   `yaml:"depts"`    // departments, with all below them
	People   []Scalar `yaml:"people"`   // names in people
	Mobiles  []Scalar `yaml:"mobiles"`  // telephone numbers, looked up once a day
	Everyone bool     `yaml:"everyone"` // the whole organisation
}

// Dept is a department in a group: `1001`, or `{id: 1001, size: 120}`.
type Dept struct {
	At   Pos   `yaml:"-"`
	ID   int64 `yaml:"id"`   // the department's number
	Size int   `yaml:"size"` // people in it and below; 0: not known
}

// Rule says who hears about which events, and how. From the top; the first
// match ends it unless it says continue.
type Rule struct {
	At         Pos           `yaml:"-"`
	Name       string        `yaml:"name"`        // what history, logs and metrics call it
	When       Scalar        `yaml:"when"`        // expression that gives true or false; without it the rule always matches
	To         []Scalar      `yaml:"to"`          // groups, user:ID, dept:ID, person:NAME, mobile:NUMBER, or expressions
	Msgtype    Scalar        `yaml:"msgtype"`     // a kind of message, or an expression that gives one
	Template   Scalar        `yaml:"template"`    // family; default: the source's type
	App        Scalar        `yaml:"app"`         // in whose name; default: the first app
	Continue   bool          `yaml:"continue"`    // go on to the rules below even if it matches
	Priority   Scalar        `yaml:"priority"`    // who goes first when there is a queue
	OnResolve  Scalar        `yaml:"on_resolve"`  // what a resolved event does to what was sent before
	Repeat     Scalar        `yaml:"repeat"`      // what to do with the same content of the same day
	Track      Scalar        `yaml:"track"`       // what to learn about a delivery afterwards
	Expire     time.Duration `yaml:"expire"`      // after that it is not worth sending
	FallbackTo Scalar        `yaml:"fallback_to"` // instead of the file's
	TemplateID Scalar        `yaml:"template_id"` // of msgtype template: which of DingTalk's
	Escalate   []Escalation  `yaml:"escalate"`    // to whom it goes on while nobody reads it, in the order of after
}

// Escalation says to whom a delivery goes on that has not been read by then.
type Escalation struct {
	At       Pos           `yaml:"-"`
	After    time.Duration `yaml:"after"`    // how long after it was sent; 23h at most
	To       []Scalar      `yaml:"to"`       // as in a rule
	Unless   Scalar        `yaml:"unless"`   // who must have read it to stop it
	Msgtype  Scalar        `yaml:"msgtype"`  // default: the rule's
	Template Scalar        `yaml:"template"` // default: the rule's
}

// Scalar is a text value of rules.yaml with its place, so that a fault inside
// it (an expression, say) can be shown where the user wrote it.
type Scalar struct {
	Value string
	At    Pos
	// Block is set for a literal or folded block scalar (| or >): its text
	// begins on the line after At, indented.
	Block  bool
	Indent int // columns before the text of a block
	Quoted bool
}

// Place returns where line and column (both from 1) of the value stand in the
// file. Inside quotes with escapes the column is an approximation.
func (s Scalar) Place(line, column int) Pos {
	p := s.At
	switch {
	case p.Line == 0:
		return p
	case s.Block:
		p.Line += line
		p.Column = s.Indent + column
	case line > 1:
		p.Line += line - 1
		p.Column = column
	default:
		p.Column += column - 1
		if s.Quoted {
			p.Column++
		}
	}
	return p
}

func (s Scalar) String() string { return s.Value }
