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
	DingTalk DingTalk `yaml:"dingtalk"`
	// MediaDir is the folder with the files that image, file, voice and oa.image
	// may name; like every path here, seen from where workbell runs.
	MediaDir Scalar            `yaml:"media_dir"`
	Sources  []Source          `yaml:"sources"`
	People   map[string]Scalar `yaml:"people"` // name in any case → user id, or mobile:NUMBER
	Groups   map[string]Group  `yaml:"groups"`
	// FallbackTo is a literal reference (sre, user:u7 …): who receives what
	// found nobody and what a faulty rule would have lost.
	FallbackTo Scalar `yaml:"fallback_to"`
	Rules      []Rule `yaml:"rules"`
}

// DingTalk says how to reach DingTalk and in whose name.
type DingTalk struct {
	BaseURL       string         `yaml:"base_url"`        // default https://oapi.dingtalk.com
	Timezone      string         `yaml:"timezone"`        // default Asia/Shanghai; where DingTalk's day and month begin
	Location      *time.Location `yaml:"-"`               // Timezone, loaded
	CallsPerMonth *int           `yaml:"calls_per_month"` // set by Load; default 5000; 0: none. A budget that is counted, not a gate
	Apps          []App          `yaml:"apps"`            // the first is the default
}

// App is one DingTalk app in whose name notifications are sent.
type App struct {
	At        Pos           `yaml:"-"`
	Name      string        `yaml:"name"`
	Type      string        `yaml:"type"` // internal (default) | third_party
	AgentID   int64         `yaml:"agent_id"`
	AppKey    string        `yaml:"app_key"`
	AppSecret secret.Secret `yaml:"app_secret"` // or app_secret_file
	Limits    Limits        `yaml:"limits"`

	// What a third_party app has instead of key and secret.
	SuiteKey    string        `yaml:"suite_key"`
	SuiteSecret secret.Secret `yaml:"suite_secret"` // or suite_secret_file
	SuiteTicket secret.Secret `yaml:"suite_ticket"` // or:
	// SuiteTicketFile is read at every request for a token: DingTalk pushes a
	// new ticket about every five hours.
	SuiteTicketFile string `yaml:"suite_ticket_file"`
	AuthCorpID      string `yaml:"auth_corp_id"` // whose people receive its messages
}

// Types of apps.
const (
	Internal   = "internal"
	ThirdParty = "third_party"
)

// Limits are what DingTalk allows an app; past them it answers "ok" and drops
// the message (asyncsend_v2, rate limit).
type Limits struct {
	RecipientsPerMinute       int `yaml:"recipients_per_minute"`         // default 5000
	MessagesPerEmployeePerDay int `yaml:"messages_per_employee_per_day"` // default 500; third_party: 100
	CallsPerSecond            int `yaml:"calls_per_second"`              // default 20, for each API method
	EveryonePerDay            int `yaml:"everyone_per_day"`              // default 3
}

// Source is one sender of webhooks: POST /hooks/NAME.
type Source struct {
	At          Pos               `yaml:"-"`
	Name        string            `yaml:"name"`
	Type        string            `yaml:"type"` // a key of sourceTypes
	Auth        Auth              `yaml:"auth"`
	DedupWindow time.Duration     `yaml:"dedup_window"` // alertmanager, grafana: default 2m
	MaxBody     Bytes             `yaml:"max_body"`     // default 5 MiB, github 25 MiB
	Each        Scalar            `yaml:"each"`         // json and its presets: expression, a list
	Fields      map[string]Scalar `yaml:"fields"`       // json and its presets: expressions for id event title status severity group_key url text labels
}

// Bytes is a size, written as 5MiB or 5242880.
type Bytes int64

// Auth is how a source proves who it is; exactly one way, or none.
type Auth struct {
	At               Pos               `yaml:"-"` // zero where rules.yaml says nothing
	None             bool              `yaml:"-"` // `auth: none`, said outright
	BearerToken      secret.Secret     `yaml:"bearer_token"`
	Basic            *Basic            `yaml:"basic"`
	Secrets          []secret.Secret   `yaml:"secrets"` // the sender's own scheme: github, gitlab, gitea, sentry, standard_webhooks
	HMAC             *HMAC             `yaml:"hmac"`
	StandardWebhooks *StandardWebhooks `yaml:"standard_webhooks"`
}

// Basic is HTTP basic authentication.
type Basic struct {
	Username string        `yaml:"username"`
	Password secret.Secret `yaml:"password"` // or password_file
}

// HMAC is a SHA-256 HMAC of the raw body in a header, hex or base64, with or
// without "sha256=".
type HMAC struct {
	Header  string          `yaml:"header"`
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
	Users    []Scalar `yaml:"users"`
	Depts    []Dept   `yaml:"depts"`
	People   []Scalar `yaml:"people"`
	Mobiles  []Scalar `yaml:"mobiles"`
	Everyone bool     `yaml:"everyone"`
}

// Dept is a department in a group: `1001`, or `{id: 1001, size: 120}`.
type Dept struct {
	At   Pos   `yaml:"-"`
	ID   int64 `yaml:"id"`
	Size int   `yaml:"size"` // people in it and below; 0: not known
}

// Rule says who hears about which events, and how. From the top; the first
// match ends it unless it says continue.
type Rule struct {
	At         Pos           `yaml:"-"`
	Name       string        `yaml:"name"`
	When       Scalar        `yaml:"when"` // boolean expression; empty: always
	To         []Scalar      `yaml:"to"`   // literal references or expressions
	Msgtype    Scalar        `yaml:"msgtype"`
	Template   Scalar        `yaml:"template"` // family; default: the source's type
	App        Scalar        `yaml:"app"`      // default: the first app
	Continue   bool          `yaml:"continue"`
	Priority   Scalar        `yaml:"priority"`   // low | normal | high | critical
	OnResolve  Scalar        `yaml:"on_resolve"` // send | status_bar | recall | none
	Repeat     Scalar        `yaml:"repeat"`     // distinct | suppress
	Track      Scalar        `yaml:"track"`      // none | result | read
	Expire     time.Duration `yaml:"expire"`     // default 24h
	FallbackTo Scalar        `yaml:"fallback_to"`
	TemplateID Scalar        `yaml:"template_id"` // of msgtype template: which of DingTalk's
	Escalate   []Escalation  `yaml:"escalate"`    // in the order of After
}

// Escalation says to whom a delivery goes on that has not been read by then.
type Escalation struct {
	At       Pos           `yaml:"-"`
	After    time.Duration `yaml:"after"`    // it was sent; at most MaxEscalation
	To       []Scalar      `yaml:"to"`       // as in Rule
	Unless   Scalar        `yaml:"unless"`   // any_read (default) | all_read
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
