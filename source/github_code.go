package source

import (
	"fmt"
	"strconv"
	"strings"
)

// Parts of wordings that many events share.
const (
	who    = "{sender.login|pusher.name|~Someone}"
	repo   = "{repository.full_name|repository.name|organization.login|~GitHub}"
	inRepo = "[ in {repository.full_name|organization.login|enterprise.name}]"
)

// codeEvents are about what is in a repository.
var codeEvents = map[string]hubEvent{
	"push": {
		titles: map[string]string{
			"":            who + " pushed to " + pushed,
			"commit":      who + " pushed to " + pushed + headline,
			"commits":     who + " pushed {commits.#} commits to " + pushed + headline,
			"forced":      who + " force-pushed " + pushed + headline,
			"created":     who + " pushed new branch " + pushed + headline,
			"deleted":     who + " deleted branch " + pushed,
			"created tag": who + " pushed new tag " + pushed,
			"deleted tag": who + " deleted tag " + pushed,
			"moved tag":   who + " moved tag " + pushed,
		},
		action: pushAction,
		url:    "{compare|head_commit.url}",
		group:  repo + "[ {ref}]",
		labels: map[string]string{"pusher": "{pusher.name}", "author": "{head_commit.author.username|head_commit.author.name}", "forced": "{forced}", "sha": "{after}"},
		judge:  judgePush,
	},
	"create": {
		titles: map[string]string{"": who + " created [{ref_type} ][{ref} ]in " + repo},
		group:  repo + "[ {ref_type}][ {ref}]",
		labels: map[string]string{"ref_type": "{ref_type}"},
		judge:  judgeRef,
	},
	"delete": {
		titles: map[string]string{"": who + " deleted [{ref_type} ][{ref} ]in " + repo},
		group:  repo + "[ {ref_type}][ {ref}]",
		labels: map[string]string{"ref_type": "{ref_type}"},
		judge:  judgeRef,
	},
	"fork": {
		titles: map[string]string{"": who + " forked " + repo + "[ to {forkee.full_name}]"},
		text:   "{forkee.description}", url: "{forkee.html_url}",
		labels: map[string]string{"fork": "{forkee.full_name}"},
	},
	"release": {
		titles: map[string]string{
			"":            who + " {action|~published} release " + release,
			"prereleased": who + " pre-released " + release,
			"released":    who + " released " + release,
		},
		text: "{release.body}", url: "{release.html_url}", group: repo + " release[ {release.tag_name}]",
		labels: map[string]string{"tag": "{release.tag_name}", "author": "{release.author.login}", "draft": "{release.draft}", "prerelease": "{release.prerelease}"},
		judge:  func(p object, e *Event) { e.Ref = fullRef("refs/tags/", p.str("release.tag_name")) },
	},
	"package":          packageEvent("package"),
	"registry_package": packageEvent("registry_package"),
	"commit_comment": {
		titles: map[string]string{"": who + " commented on commit [{comment.commit_id:short} ]in " + repo},
		text:   "{comment.body}", url: "{comment.html_url}", group: repo + " commit[ {comment.commit_id}]",
		labels: map[string]string{"sha": "{comment.commit_id}"},
	},
	"gollum": {
		titles: map[string]string{"": who + " {pages.0.action|~changed} wiki page [{pages.0.title} ]in " + repo},
		text:   "{pages.0.summary}", url: "{pages.0.html_url}",
	},
	"page_build": {
		titles: map[string]string{"": "Pages of " + repo + " are [{build.status}]"},
		text:   "{build.error.message}", group: repo + " pages",
		labels: map[string]string{"conclusion": "{build.status}"},
		judge: func(p object, e *Event) {
			e.conclude(map[string]string{"built": "success", "errored": "failure"}[p.str("build.status")], "warning")
		},
	},
}

const (
	pushed   = "[{ref:branch} in ]" + repo
	headline = "[: {head_commit.message:line}]"
)

const release = "[{release.tag_name|release.name} ]of " + repo + "[: {release.name}]"

func packageEvent(key string) hubEvent {
	of := func(s string) string { return strings.ReplaceAll(s, "package.", key+".") }
	return hubEvent{
		titles: map[string]string{"": who + of(" {action|~published} [{package.package_type:lower} ]package[ {package.name}][ {package.package_version.version}] in ") + repo},
		text:   of("{package.package_version.body|package.description}"),
		url:    of("{package.package_version.html_url|package.html_url}"),
		group:  repo + of(" package[ {package.name}]"),
		labels: map[string]string{"package": of("{package.name}"), "ecosystem": of("{package.ecosystem|package.package_type}"), "version": of("{package.package_version.version}")},
	}
}

// pushAction tells apart what pushing can be.
func pushAction(p object) string {
	tag := strings.HasPrefix(p.str("ref"), "refs/tags/")
	commits := len(p.list("commits"))
	switch {
	case tag && p.true("deleted"):
		return "deleted tag"
	case tag && p.true("created"):
		return "created tag"
	case tag:
		return "moved tag"
	case p.true("deleted"):
		return "deleted"
	case p.true("created"):
		return "created"
	case p.true("forced"):
		return "forced"
	case commits == 1:
		return "commit"
	case commits > 1:
		return "commits"
	}
	return ""
}

const maxCommits = 20

// judgePush lists the commits, and warns of a forced push to the default branch.
func judgePush(p object, e *Event) {
	commits := p.list("commits")
	name := branch(p.str("ref"))
	if p.true("forced") && name != "" && name == p.str("repository.default_branch") {
		e.Severity = "warning"
	}
	if p.true("deleted") { // there is nothing to compare with
		e.URL = p.firstURL("{repository.html_url}")
		delete(e.Labels, "sha")
	}
	labelRef(e, e.Ref)
	e.Labels["commits"] = strconv.Itoa(len(commits))
	var lines []string
	for _, c := range commits[:min(len(commits), maxCommits)] {
		lines = append(lines, c.expand("[{id:short} ]{message:line}[ ({author.name|author.username})]"))
	}
	if more := len(commits) - maxCommits; more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", more))
	}
	e.Text = block(strings.Join(lines, "\n"))
}

// judgeRef gives a created or deleted branch or tag the name that a push has.
func judgeRef(p object, e *Event) {
	prefix := "refs/heads/"
	switch p.str("ref_type") {
	case "tag":
		prefix = "refs/tags/"
	case "repository":
		return
	}
	e.Ref = fullRef(prefix, p.str("ref"))
	labelRef(e, e.Ref)
}

// fullRef is prefix and name, or "" without a name.
func fullRef(prefix, name string) string {
	if name == "" {
		return ""
	}
	return line(prefix+name, maxName)
}

// labelRef labels e with the branch or the tag of a full ref.
func labelRef(e *Event, ref string) {
	if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
		e.Labels["tag"] = name
	} else if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		e.Labels["branch"] = name
	}
}
