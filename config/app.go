package config

import (
	"cmp"
	"fmt"
)

// DefaultLimits are what DingTalk allows an internal app.
var DefaultLimits = Limits{RecipientsPerMinute: 5000, MessagesPerEmployeePerDay: 500, CallsPerSecond: 20, EveryonePerDay: 3}

// defaultLimits are what DingTalk allows the app.
func (a *App) defaultLimits() Limits {
	l := DefaultLimits
	if a.Type == ThirdParty {
		l.MessagesPerEmployeePerDay = 100 // official page sendbytemplate
	}
	return l
}

func (d *decoder) app(a *App, path string, names map[string]Pos) {
	d.name(a.Name, path, a.At, names)
	if d.Sandbox {
		a.AgentID = cmp.Or(a.AgentID, 1)
	}
	if a.AgentID <= 0 {
		d.missing(a.At, path, "agent_id", "copy the AgentId from the app's page in DingTalk's developer console")
	}
	switch a.Type {
	case Internal:
		d.internal(a, path)
	case ThirdParty:
		d.thirdParty(a, path)
	default:
		d.faults.Add(a.At, DidYouMean(a.Type, []string{Internal, ThirdParty}), "%s.type: %q is no kind of app", path, a.Type)
	}
	d.limits(a, path)
}

func (d *decoder) internal(a *App, path string) {
	if a.SuiteKey+a.SuiteTicketFile+a.AuthCorpID != "" || !a.SuiteSecret.Empty() || !a.SuiteTicket.Empty() {
		d.faults.Add(a.At, "add type: third_party, or give app_key and app_secret instead", "%s: suite_key, suite_secret, suite_ticket and auth_corp_id are for apps of type third_party", path)
		return
	}
	if d.Sandbox {
		return
	}
	if a.AppKey == "" {
		d.missing(a.At, path, "app_key", "copy the AppKey (Client ID) from the app's page")
	}
	if a.AppSecret.Empty() {
		d.missing(a.At, path, "app_secret", "give app_secret: ${NAME}, or app_secret_file")
	}
}

// thirdParty checks what get_corp_token needs.
func (d *decoder) thirdParty(a *App, path string) {
	if a.AppKey != "" || !a.AppSecret.Empty() {
		d.faults.Add(a.At, "give suite_key and suite_secret instead, or leave out type: third_party", "%s: app_key and app_secret are for apps of type internal", path)
	}
	if d.Sandbox {
		return
	}
	if a.SuiteKey == "" {
		d.missing(a.At, path, "suite_key", "copy the SuiteKey (of a custom app, the CustomKey) from the app's page")
	}
	if a.SuiteSecret.Empty() {
		d.missing(a.At, path, "suite_secret", "give suite_secret: ${NAME}, or suite_secret_file")
	}
	if a.AuthCorpID == "" {
		d.missing(a.At, path, "auth_corp_id", "write the CorpId of the organisation whose people receive its messages")
	}
	switch {
	case !a.SuiteTicket.Empty() && a.SuiteTicketFile != "":
		d.faults.Add(a.At, "keep suite_ticket_file: DingTalk pushes a new ticket every few hours", "%s: suite_ticket and suite_ticket_file are both given", path)
	case a.SuiteTicketFile != "":
		if _, err := d.ReadFile(a.SuiteTicketFile); err != nil {
			d.faults.Warn(a.At, "have whatever receives DingTalk's pushes write the ticket there", "%s.suite_ticket_file: reading %s: %v; nothing can be sent until it is there", path, a.SuiteTicketFile, reason(err))
		}
	case a.SuiteTicket.Empty():
		d.missing(a.At, path, "suite_ticket", "give suite_ticket_file, which is read at every request for a token; a custom app may write anything as suite_ticket")
	}
}

func (d *decoder) limits(a *App, path string) {
	l := a.Limits
	for key, n := range map[string]int{
		"recipients_per_minute": l.RecipientsPerMinute, "messages_per_employee_per_day": l.MessagesPerEmployeePerDay,
		"calls_per_second": l.CallsPerSecond, "everyone_per_day": l.EveryonePerDay,
	} {
		if n < 0 {
			d.faults.Add(a.At, "write what DingTalk allows", "%s.limits.%s is negative", path, key)
		}
	}
	if def := a.defaultLimits(); l.RecipientsPerMinute > def.RecipientsPerMinute || l.MessagesPerEmployeePerDay > def.MessagesPerEmployeePerDay {
		d.faults.Warn(a.At, fmt.Sprintf("keep to %d and %d unless DingTalk has raised them for you", def.RecipientsPerMinute, def.MessagesPerEmployeePerDay), "%s.limits: more than DingTalk documents; beyond its limits it drops messages without an error", path)
	}
}
