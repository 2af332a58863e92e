package source

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// peopleEvents are about who takes part, and about repositories and
// organisations as such.
var peopleEvents = map[string]hubEvent{
	"ping": {
		titles: map[string]string{"": "GitHub's webhook of " + hookOwner + " works[: {zen}]"},
		url:    "[{repository.html_url}/settings/hooks]",
		judge: func(p object, e *Event) {
			if events, ok := p.at("hook.events").([]any); ok {
				e.Text = block("Events: " + joined(events))
			}
		},
	},
	"meta": {
		titles: map[string]string{"": who + " {action:words|~changed} the webhook of " + hookOwner},
		judge:  func(_ object, e *Event) { e.Severity = "warning" },
	},
	"star": {titles: map[string]string{
		"created": who + " starred " + repo + "[ ({repository.stargazers_count} stars)]",
		"deleted": who + " unstarred " + repo + "[ ({repository.stargazers_count} stars)]",
		"":        who + " {action:words|~starred} " + repo,
	}, labels: map[string]string{"stars": "{repository.stargazers_count}"}},
	"watch": {titles: map[string]string{"started": who + " starred " + repo, "": who + " {action:words|~watches} " + repo}},
	"member": {
		titles: map[string]string{
			"added":   who + " added {member.login|~someone} to " + repo + "[ as {changes.role_name.to|changes.permission.to}]",
			"removed": who + " removed {member.login|~someone} from " + repo,
			"edited":  who + " changed the role of {member.login|~someone} in " + repo + "[ to {changes.role_name.to|changes.permission.to}]",
			"":        who + " {action:words|~changed} {member.login|~a member} in " + repo,
		},
		url: "{member.html_url}", labels: map[string]string{"member": "{member.login}", "role": "{changes.role_name.to|changes.permission.to}"},
	},
	"membership": {
		titles: map[string]string{
			"added":   who + " added {member.login|~someone} to team[ {team.name}][ of {organization.login}]",
			"removed": who + " removed {member.login|~someone} from team[ {team.name}][ of {organization.login}]",
			"":        who + " {action:words|~changed} {member.login|~someone} in team[ {team.name}]",
		},
		url: "{team.html_url}", labels: map[string]string{"member": "{member.login}", "team": "{team.slug|team.name}"},
	},
	"organization": {
		titles: map[string]string{
			"member_added":   "{membership.user.login|~Someone} joined {organization.login}[ as {membership.role}]",
			"member_removed": who + " removed {membership.user.login|~someone} from {organization.login}",
			"member_invited": who + " invited {user.login|invitation.login|invitation.email|~someone} to {organization.login}",
			"":               who + " {action:words|~changed} organization[ {organization.login}]",
		},
		url: "{organization.html_url}", labels: map[string]string{"member": "{membership.user.login|user.login}", "role": "{membership.role}"},
	},
	"org_block": {titles: map[string]string{"": who + " {action:words|~changed} {blocked_user.login|~someone} in {organization.login}"}},
	"team": {
		titles: map[string]string{
			"added_to_repository":     who + " gave team[ {team.name}] access to " + repo,
			"removed_from_repository": who + " removed team[ {team.name}] from " + repo,
			"":                        who + " {action:words|~changed} team[ {team.name}][ of {organization.login}]",
		},
		text: "{team.description}", url: "{team.html_url}", labels: map[string]string{"team": "{team.slug|team.name}"},
	},
	"team_add": {titles: map[string]string{"": who + " gave team[ {team.name}] access to " + repo}, url: "{team.html_url}", labels: map[string]string{"team": "{team.slug|team.name}"}},
	"repository": {
		titles: map[string]string{
			"renamed":     who + " renamed repository [{changes.repository.name.from} to ]" + repo,
			"transferred": who + " transferred repository " + repo + "[ from {changes.owner.from.user.login|changes.owner.from.organization.login}]",
			"publicized":  who + " made repository " + repo + " public",
			"privatized":  who + " made repository " + repo + " private",
			"":            who + " {action:words|~changed} repository " + repo,
		},
		text: "{repository.description}", url: "{repository.html_url}", group: repo,
		judge: func(_ object, e *Event) {
			if e.Action == "publicized" || e.Action == "deleted" {
				e.Severity = "warning"
			}
		},
	},
	"public": {
		titles: map[string]string{"": who + " made repository " + repo + " public"},
		judge:  func(_ object, e *Event) { e.Severity = "warning" },
	},
	"repository_import": {
		titles: map[string]string{"": "Import of repository " + repo + "[ ended: {status}]"},
		judge:  func(p object, e *Event) { e.conclude(p.str("status"), "warning") },
		group:  repo + " import",
	},
	"repository_dispatch": {titles: map[string]string{"": who + " dispatched [{action} ]to " + repo}},
	"workflow_dispatch":   {titles: map[string]string{"": who + " started workflow [{workflow} ][on {ref:branch} ]in " + repo}},
	"label":               {titles: map[string]string{"": who + " {action:words|~changed} label[ {label.name}]" + inRepo}, text: "{label.description}"},
	"milestone": {
		titles: map[string]string{"": who + " {action:words|~changed} milestone[ {milestone.title}]" + inRepo},
		text:   "{milestone.description}", url: "{milestone.html_url}", group: repo + " milestone[ {milestone.number}]",
	},
	"deploy_key": {
		titles: map[string]string{"": who + " {action:words|~changed} deploy key[ {key.title}]" + inRepo},
		judge:  func(_ object, e *Event) { e.Severity = "warning" },
	},
	"branch_protection_rule": {
		titles: map[string]string{"": who + " {action:words|~changed} the branch protection rule[ {rule.name}]" + inRepo},
		labels: map[string]string{"rule": "{rule.name}"},
		judge:  func(_ object, e *Event) { e.Severity = "warning" },
	},
	"repository_ruleset": {
		titles: map[string]string{"": who + " {action:words|~changed} ruleset[ {repository_ruleset.name}]" + inRepo},
		url:    "{repository_ruleset._links.html.href}", labels: map[string]string{"rule": "{repository_ruleset.name}"},
		judge: func(_ object, e *Event) { e.Severity = "warning" },
	},
	"installation": {
		titles: map[string]string{"": who + " {action:words|~changed} the installation of app [{installation.app_slug} ]on {installation.account.login|~an account}"},
		url:    "{installation.html_url}",
	},
	"installation_repositories": {
		titles: map[string]string{"": who + " {action:words|~changed} repositories of app [{installation.app_slug} ]on {installation.account.login|~an account}"},
		url:    "{installation.html_url}",
	},
	"personal_access_token_request": {
		titles: map[string]string{"": "Request of {personal_access_token_request.owner.login|~someone} for a personal access token {action:words|~changed}[ in {organization.login}]"},
	},
	"sponsorship": {
		titles: map[string]string{"": "{sponsorship.sponsor.login|sender.login|~Someone}: sponsorship of {sponsorship.sponsorable.login|~someone} {action:words|~changed}[ ({sponsorship.tier.name})]"},
	},
}

const hookOwner = "{repository.full_name|organization.login|enterprise.name|~GitHub}"

// joined is a list of names as people write it.
func joined(names []any) string {
	var all []string
	for _, n := range names {
		all = append(all, text(n))
	}
	return strings.Join(all, ", ")
}

func upperFirst(s string) string {
	if s == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(s)
	return line(string(unicode.ToUpper(r))+s[size:], maxTitle)
}
