package source

// What is discussed, as it stands in titles. The user's own title comes last,
// so that it is what is lost where a title is cut.
const (
	pull       = "pull request " + number + "[: {pull_request.title}]"
	issue      = "issue " + number + "[: {issue.title}]"
	discussion = "discussion " + number + "[: {discussion.title}]"

	number = "[{repository.full_name}]#{pull_request.number|issue.number|discussion.number|number|~?}"
	thread = repo + "#{pull_request.number|issue.number|discussion.number|number}" // the group of all about one
)

// reviewEvents are about pull requests, issues and discussions.
var reviewEvents = map[string]hubEvent{
	"pull_request":        pullEvent,
	"pull_request_target": pullEvent,
	"pull_request_review": {
		titles: map[string]string{
			"approved":          who + " approved " + pull,
			"changes_requested": who + " requested changes to " + pull,
			"commented":         who + " reviewed " + pull,
			"dismissed":         who + " dismissed a review of " + pull,
			"edited":            who + " edited a review of " + pull,
			"":                  who + " reviewed " + pull,
		},
		action: func(p object) string {
			if p.str("action") == "submitted" {
				return p.pick("review.state:lower")
			}
			return p.str("action")
		},
		text: "{review.body}", url: "{review.html_url|pull_request.html_url}", group: thread,
		labels: with(pullLabels, "state", "{review.state:lower}", "reviewer", "{review.user.login}"),
		judge:  judgePull,
	},
	"pull_request_review_comment": {
		titles: map[string]string{
			"created": who + " commented on " + pull,
			"":        who + " {action:words} a review comment on " + pull,
		},
		text: "[{comment.path}]\n{comment.body}", url: "{comment.html_url|pull_request.html_url}", group: thread,
		labels: with(pullLabels, "path", "{comment.path}"),
		judge:  judgePull,
	},
	"pull_request_review_thread": {
		titles: map[string]string{"": who + " {action:words|~changed} a review thread of " + pull},
		text:   "{thread.comments.0.body}", url: "{thread.comments.0.html_url|pull_request.html_url}", group: thread,
		labels: pullLabels,
		judge:  judgePull,
	},
	"issues": {
		titles: map[string]string{
			"opened":       who + " opened " + issue,
			"completed":    who + " closed " + issue,
			"not_planned":  who + " closed as not planned " + issue,
			"labeled":      who + " added label [{label.name} ]to " + issue,
			"unlabeled":    who + " removed label [{label.name} ]from " + issue,
			"assigned":     who + " assigned {assignee.login|~someone} to " + issue,
			"unassigned":   who + " unassigned {assignee.login|~someone} from " + issue,
			"transferred":  who + " transferred " + issue,
			"milestoned":   who + " added to milestone [{milestone.title|issue.milestone.title} ]" + issue,
			"demilestoned": who + " removed from milestone [{milestone.title} ]" + issue,
			"typed":        who + " set type [{type.name} ]of " + issue,
			"untyped":      who + " removed type [{type.name} ]of " + issue,
			"":             who + " {action:words|~changed} " + issue,
		},
		action: func(p object) string {
			if reason := p.str("issue.state_reason"); p.str("action") == "closed" && reason == "not_planned" {
				return reason
			}
			return p.str("action")
		},
		text: "{issue.body}", url: "{issue.html_url}", group: thread, labels: issueLabels,
		judge: judgeIssue,
	},
	"issue_comment": {
		titles: map[string]string{
			"created":         who + " commented on " + issue,
			"":                who + " {action:words|~changed} a comment on " + issue,
			"created on pull": who + " commented on pull request " + number + "[: {issue.title}]",
			"on pull":         who + " {action:words|~changed} a comment on pull request " + number + "[: {issue.title}]",
		},
		action: func(p object) string {
			switch {
			case p.at("issue.pull_request") == nil:
				return p.str("action")
			case p.str("action") == "created":
				return "created on pull"
			}
			return "on pull"
		},
		text: "{comment.body}", url: "{comment.html_url|issue.html_url}", group: thread,
		labels: with(issueLabels, "commenter", "{comment.user.login}"),
		judge:  judgeIssue,
	},
	"sub_issues": {
		titles: map[string]string{"": who + " {action:words|~changed}: [issue #{sub_issue.number} {sub_issue.title}][ of #{parent_issue.number} {parent_issue.title}]" + inRepo},
		url:    "{sub_issue.html_url|parent_issue.html_url}",
	},
	"discussion": {
		titles: map[string]string{
			"created":          who + " started " + discussion,
			"answered":         who + " marked an answer in " + discussion,
			"unanswered":       who + " unmarked the answer in " + discussion,
			"category_changed": who + " moved to [{discussion.category.name} ]" + discussion,
			"labeled":          who + " added label [{label.name} ]to " + discussion,
			"unlabeled":        who + " removed label [{label.name} ]from " + discussion,
			"":                 who + " {action:words|~changed} " + discussion,
		},
		text: "{answer.body|discussion.body}", url: "{answer.html_url|discussion.html_url}", group: thread, labels: discussionLabels,
	},
	"discussion_comment": {
		titles: map[string]string{
			"created": who + " commented on " + discussion,
			"":        who + " {action:words|~changed} a comment on " + discussion,
		},
		text: "{comment.body}", url: "{comment.html_url|discussion.html_url}", group: thread, labels: discussionLabels,
	},
}

var pullEvent = hubEvent{
	titles: map[string]string{
		"opened":                 who + " opened " + pull,
		"opened draft":           who + " opened draft " + pull,
		"merged":                 who + " merged " + pull,
		"closed":                 who + " closed without merging " + pull,
		"synchronize":            who + " pushed to " + pull,
		"ready_for_review":       who + " marked ready for review " + pull,
		"converted_to_draft":     who + " converted to draft " + pull,
		"review_requested":       who + " requested a review[ from {requested_reviewer.login|requested_team.name}] of " + pull,
		"review_request_removed": who + " withdrew the request for a review[ from {requested_reviewer.login|requested_team.name}] of " + pull,
		"labeled":                who + " added label [{label.name} ]to " + pull,
		"unlabeled":              who + " removed label [{label.name} ]from " + pull,
		"assigned":               who + " assigned {assignee.login|~someone} to " + pull,
		"unassigned":             who + " unassigned {assignee.login|~someone} from " + pull,
		"auto_merge_enabled":     who + " enabled auto-merge of " + pull,
		"auto_merge_disabled":    who + " disabled auto-merge of " + pull,
		"milestoned":             who + " added to milestone [{milestone.title|pull_request.milestone.title} ]" + pull,
		"demilestoned":           who + " removed from milestone [{milestone.title} ]" + pull,
		"enqueued":               who + " queued for merging " + pull,
		"dequeued":               who + " removed from the merge queue " + pull,
		"":                       who + " {action:words|~changed} " + pull,
	},
	action: func(p object) string {
		switch action := p.str("action"); {
		case action == "closed" && p.true("pull_request.merged"):
			return "merged"
		case action == "opened" && p.true("pull_request.draft"):
			return "opened draft"
		default:
			return action
		}
	},
	text: "{pull_request.body}", url: "{pull_request.html_url}", group: thread,
	labels: with(pullLabels, "reviewer", "{requested_reviewer.login}", "team", "{requested_team.slug|requested_team.name}",
		"assignee", "{assignee.login}", "label", "{label.name}"),
	judge: judgePull,
}

var pullLabels = map[string]string{
	"number": "{pull_request.number|number}", "author": "{pull_request.user.login}",
	"branch": "{pull_request.head.ref}", "base": "{pull_request.base.ref}",
	"draft": "{pull_request.draft}", "merged": "{pull_request.merged}",
}

var issueLabels = map[string]string{
	"number": "{issue.number}", "author": "{issue.user.login}", "label": "{label.name}",
	"assignee": "{assignee.login|issue.assignee.login}", "reason": "{issue.state_reason}",
}

var discussionLabels = map[string]string{
	"number": "{discussion.number}", "author": "{discussion.user.login}", "category": "{discussion.category.name}",
	"label": "{label.name}",
}

// with returns labels and the pairs of name and wording that follow.
func with(labels map[string]string, pairs ...string) map[string]string {
	all := map[string]string{}
	for name, wording := range labels {
		all[name] = wording
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

func judgePull(p object, e *Event) {
	e.Ref = fullRef("refs/heads/", p.str("pull_request.head.ref"))
	e.names(p, "pull_request.labels")
}

func judgeIssue(p object, e *Event) { e.names(p, "issue.labels") }

// names labels e with the names of all labels at path, comma-separated.
func (e *Event) names(p object, path string) {
	all := ""
	for _, l := range p.list(path) {
		if name := l.str("name"); name != "" {
			all += "," + name
		}
	}
	if all != "" {
		e.Labels["labels"] = line(all[1:], maxValue)
	}
}
