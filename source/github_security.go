package source

import "strings"

// securityEvents are GitHub's alerts. One that is open is Firing, one that is
// fixed, resolved or dismissed is Resolved.
var securityEvents = map[string]hubEvent{
	"dependabot_alert": {
		titles: map[string]string{
			"fixed":          "Fixed: " + dependabot,
			"dismissed":      who + " dismissed " + dependabot,
			"auto_dismissed": "Dismissed by rule: " + dependabot,
			"reopened":       "Reopened: " + dependabot,
			"auto_reopened":  "Reopened: " + dependabot,
			"reintroduced":   "Again: " + dependabot,
			"created":        dependabot,
			"":               who + " {action:words|~changed} " + dependabot,
		},
		text: "{alert.security_advisory.summary|alert.security_advisory.description}\n[Package: {alert.dependency.package.name}][ ({alert.dependency.package.ecosystem})]\n[Severity: {alert.security_advisory.severity}][, CVSS {alert.security_advisory.cvss.score}]\n" +
			"[Advisory: {alert.security_advisory.cve_id|alert.security_advisory.ghsa_id}]\n[Affected: {alert.security_vulnerability.vulnerable_version_range}]\n[Fixed in: {alert.security_vulnerability.first_patched_version.identifier}]\n" +
			"[Manifest: {alert.dependency.manifest_path}]\n[Dismissed: {alert.dismissed_reason:words}][, {alert.dismissed_comment}]",
		url:   "{alert.html_url}",
		group: repo + " dependabot alert {alert.number}",
		labels: with(alertLabels, "package", "{alert.dependency.package.name}", "ecosystem", "{alert.dependency.package.ecosystem}",
			"severity", "{alert.security_advisory.severity}", "cve", "{alert.security_advisory.cve_id}", "ghsa", "{alert.security_advisory.ghsa_id}",
			"manifest", "{alert.dependency.manifest_path}", "scope", "{alert.dependency.scope}"),
		judge: judgeAlert("alert.security_advisory.severity|alert.security_vulnerability.severity"),
	},
	"code_scanning_alert": {
		titles: map[string]string{
			"created":            scanning,
			"appeared_in_branch": "Now in {ref:branch|~another branch}: " + scanning,
			"reopened":           "Reopened: " + scanning,
			"reopened_by_user":   who + " reopened " + scanning,
			"fixed":              "Fixed: " + scanning,
			"closed_by_user":     who + " dismissed " + scanning,
			"":                   who + " {action:words|~changed} " + scanning,
		},
		text: "{alert.most_recent_instance.message.text|alert.rule.full_description}\n[{alert.most_recent_instance.location.path}][, line {alert.most_recent_instance.location.start_line}]\n" +
			"[Severity: {alert.rule.security_severity_level|alert.rule.severity}]\n[Tool: {alert.tool.name}]\n[Dismissed: {alert.dismissed_reason:words}][, {alert.dismissed_comment}]",
		url:   "{alert.html_url}",
		group: repo + " code scanning alert {alert.number}",
		labels: with(alertLabels, "rule", "{alert.rule.id}", "tool", "{alert.tool.name}", "severity", "{alert.rule.security_severity_level|alert.rule.severity}",
			"branch", "{ref:branch|alert.most_recent_instance.ref:branch}", "path", "{alert.most_recent_instance.location.path}"),
		judge: judgeAlert("alert.rule.security_severity_level|alert.rule.severity"),
	},
	"secret_scanning_alert": {
		titles: map[string]string{
			"created":         leaked,
			"publicly_leaked": "Public: " + leaked,
			"validated":       "Validity checked[ ({alert.validity})]: " + leaked,
			"reopened":        "Reopened: " + leaked,
			"resolved":        who + " resolved " + leaked,
			"":                who + " {action:words|~changed} " + leaked,
		},
		text: "[Kind: {alert.secret_type_display_name|alert.secret_type}]\n[Validity: {alert.validity}]\n[Push protection was bypassed by {alert.push_protection_bypassed_by.login}]\n" +
			"[Resolution: {alert.resolution:words}][, {alert.resolution_comment}]",
		url:    "{alert.html_url}",
		group:  repo + " secret scanning alert {alert.number}",
		labels: with(alertLabels, "secret_type", "{alert.secret_type}", "validity", "{alert.validity}", "resolution", "{alert.resolution}"),
		judge:  judgeAlert("~critical"),
	},
	"secret_scanning_alert_location": {
		titles: map[string]string{"": "New place of " + leaked},
		text:   "[{location.type:words}][: {location.details.path}][, line {location.details.start_line}]",
		url:    "{alert.html_url}", group: repo + " secret scanning alert {alert.number}",
		labels: with(alertLabels, "secret_type", "{alert.secret_type}"),
		judge:  judgeAlert("~critical"),
	},
	"repository_vulnerability_alert": {
		titles: map[string]string{"": "Vulnerability alert {action:words|~changed}[ for {alert.affected_package_name}]" + inRepo},
		text:   "[{alert.external_identifier}][, affected {alert.affected_range}][, fixed in {alert.fixed_in}]", url: "{alert.external_reference}",
		labels: with(alertLabels, "package", "{alert.affected_package_name}", "severity", "{alert.severity}"),
		judge:  judgeAlert("alert.severity"),
	},
	"security_advisory":   advisoryEvent("security_advisory"),
	"repository_advisory": advisoryEvent("repository_advisory"),
}

// Alerts, as they stand in titles.
const (
	dependabot = "[{alert.security_advisory.severity} severity ]vulnerability in {alert.dependency.package.name|~a dependency}[ ({alert.security_advisory.cve_id|alert.security_advisory.ghsa_id})] of " + repo + "[ (Dependabot alert #{alert.number})]"
	scanning   = "[{alert.rule.security_severity_level} severity ]code scanning alert[ #{alert.number}]" + inRepo + "[: {alert.rule.description|alert.rule.name|alert.rule.id}]"
	leaked     = "secret scanning alert[ #{alert.number}]" + inRepo + "[: {alert.secret_type_display_name|alert.secret_type}]"
)

var alertLabels = map[string]string{"number": "{alert.number}", "state": "{alert.state}"}

func advisoryEvent(key string) hubEvent {
	a := key + "."
	return hubEvent{
		titles: map[string]string{"": "Security advisory {action:words|~changed}" + inRepo + "[: {" + a + "summary}][ ({" + a + "cve_id|" + a + "ghsa_id})]"},
		text:   "{" + a + "description}", url: "{" + a + "html_url|" + a + "references.0.url}",
		labels: map[string]string{"severity": "{" + a + "severity}", "ghsa": "{" + a + "ghsa_id}", "cve": "{" + a + "cve_id}"},
		judge:  func(p object, e *Event) { e.Severity = alertSeverity(p.str(a + "severity")) },
	}
}

// alertStatus is what GitHub's actions make of an alert.
var alertStatus = map[string]string{
	"created": Firing, "create": Firing, "reopened": Firing, "reopened_by_user": Firing, "auto_reopened": Firing,
	"reintroduced": Firing, "appeared_in_branch": Firing, "publicly_leaked": Firing,
	"fixed": Resolved, "resolved": Resolved, "resolve": Resolved, "dismissed": Resolved, "dismiss": Resolved, "auto_dismissed": Resolved, "closed_by_user": Resolved,
}

func judgeAlert(severity string) func(object, *Event) {
	return func(p object, e *Event) {
		if who := p.pick("sender.login"); who == "" || !strings.HasPrefix(e.Title, who) { // a name stays as it is
			e.Title = upperFirst(e.Title)
		}
		e.Status = alertStatus[e.Action]
		e.Severity = alertSeverity(p.pick(severity))
	}
}

// alertSeverity turns GitHub's four words, and those of scanners, into ours.
func alertSeverity(word string) string {
	switch word {
	case "critical":
		return "critical"
	case "high", "medium", "moderate", "error", "warning":
		return "warning"
	default:
		return "info"
	}
}
