package source

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// A preset is what is known of a sender that the generic decoder reads: the
// fields that rules.yaml may leave out, each an expression as it could stand
// there. A field of rules.yaml takes the place of the preset's.
type preset struct {
	fields map[string]string
	// envelope makes one JSON document of the headers and the body; nil where
	// the body is it.
	envelope func(http.Header, json.RawMessage) json.RawMessage
	// batches says that a body that is a list holds one event in each element.
	batches bool
}

// wholePayload is the each of a batch.
var wholePayload, _ = compile("each", "payload")

// presets are the senders that the generic decoder reads. They ask a payload by
// say wherever that will do: it takes any payload, so that one with holes, or
// an event that nobody has heard of yet, still gives a message.
var presets = map[string]preset{
	JSON: {},
	// Events and payloads: docs.gitlab.com, "Webhook events". A retry has the
	// same Idempotency-Key, which identifies any request.
	GitLab: {fields: map[string]string{
		"event": `say("{object_kind|event_name|event_type}[.{object_attributes.action|object_attributes.status|build_status|status|action}]")`,
		"title": `let titles = {
			"push":          "{user_name|user_username|~Someone} pushed to {ref:branch|~a branch}[ in {project.path_with_namespace}][: {commits.0.title|commits.0.message:line}]",
			"deleted":       "{user_name|user_username|~Someone} deleted {ref:branch|~a ref}[ in {project.path_with_namespace}]",
			"tag_push":      "{user_name|user_username|~Someone} pushed tag {ref:branch}[ in {project.path_with_namespace}][: {message:line}]",
			"merge_request": "{user.name|user.username|~Someone} {object_attributes.action:past|~changed} merge request {project.path_with_namespace}!{object_attributes.iid}[: {object_attributes.title}]",
			"issue":         "{user.name|user.username|~Someone} {object_attributes.action:past|~changed} issue {project.path_with_namespace}#{object_attributes.iid}[: {object_attributes.title}]",
			"work_item":     "{user.name|user.username|~Someone} {object_attributes.action:past|~changed} {object_attributes.type:lower|~work item} {project.path_with_namespace}#{object_attributes.iid}[: {object_attributes.title}]",
			"note":          "{user.name|user.username|~Someone} commented on {project.path_with_namespace}[!{merge_request.iid}][#{issue.iid}][@{commit.id:short}][: {merge_request.title|issue.title|commit.title|commit.message:line|snippet.title}]",
			"pipeline":      "Pipeline {object_attributes.status:outcome|~changed}[ on {object_attributes.ref:branch}][ in {project.path_with_namespace}][: {merge_request.title|commit.title|commit.message:line}]",
			"build":         "Job {build_name|~} {build_status:outcome|~changed}[ on {ref:branch}][ in {project.path_with_namespace|project_name}]",
			"deployment":    "Deployment[ to {environment}] {status:outcome|~changed}[ in {project.path_with_namespace}][: {commit_title}]",
			"release":       "Release {name|tag} {action:past|~changed}[ in {project.path_with_namespace}]",
			"wiki_page":     "{user.name|user.username|~Someone} {object_attributes.action:past|~changed} wiki page {object_attributes.title}[ in {project.path_with_namespace}]"
		}; let kind = say("{object_kind} {after}") matches "push 0+$" ? "deleted" : say("{object_kind}");
		kind in titles ? say(titles[kind]) : say("{user.name|user_name|user_username|~GitLab}: {object_kind:words|event_name:words|event_type:words|~something happened}[ {object_attributes.action:past|action:past}][ in {project.path_with_namespace|project.name}][: {object_attributes.title|object_attributes.name|path_with_namespace|name}]")`,
		"status": `let state = say("{object_attributes.status|build_status|status}");
			not (say("{object_kind}") in ["pipeline", "build", "deployment"]) ? ""
			: state == "failed" && say("{build_allow_failure}") != "true" ? "firing" : state == "success" ? "resolved" : state`,
		"severity": `say("{object_attributes.status|build_status|status}") != "failed" || say("{build_allow_failure}") == "true" ? "info"
			: say("{object_kind} {environment_tier|environment}") == "deployment production" ? "critical" : "warning"`,
		"group_key": `let groups = {
			"pipeline":   " pipeline {object_attributes.ref}",
			"build":      " job {build_name} {ref}",
			"deployment": " deployment {environment}",
			"note":       "[!{merge_request.iid}][#{issue.iid}]"
		}; let kind = say("{object_kind}");
		say("{project.path_with_namespace|project_name}" + (kind in groups ? groups[kind] : "[" + (kind == "merge_request" ? "!" : "#") + "{object_attributes.iid}]"))`,
		"url": `say("{object_attributes.url|deployable_url|url}") != "" ? say("{object_attributes.url|deployable_url|url}")
			: say("{object_kind}") == "build" ? say("[{project.web_url|repository.homepage}/-/jobs/{build_id}]")
			: say("{object_kind}") == "pipeline" ? say("[{project.web_url}/-/pipelines/{object_attributes.id}]")
			: say("{commits.0.url|project.web_url|repository.homepage}")`,
		"text": `say("{object_attributes.note|object_attributes.description|object_attributes.content|description}\n[Stage {build_stage}][, {build_failure_reason:words}]\n` +
			eachOf("commits", 5, `[{title|message:line}][ ({author.name})]`) + eachOf("builds", 5, `[{stage}][ / {name}][: {status}]`) + `")`,
		"labels": `{
			"project":     say("{project.path_with_namespace|project_name|path_with_namespace}"),
			"branch":      say("{object_kind}") == "tag_push" ? "" : say("{object_attributes.source_branch|object_attributes.ref:branch|ref:branch|merge_request.source_branch}"),
			"target":      say("{object_attributes.target_branch|merge_request.target_branch}"),
			"number":      say("{object_attributes.iid|merge_request.iid|issue.iid}"),
			"actor":       say("{user.username|user_username}"),
			"author":      say("{commit.author.name|commits.0.author.name}"),
			"assignee":    say("{assignees.0.username|assignee.username}"),
			"reviewer":    say("{reviewers.0.username}"),
			"conclusion":  say("{object_kind}") in ["pipeline", "build", "deployment"] ? say("{object_attributes.status|build_status|status}") : "",
			"job":         say("{build_name}"),
			"stage":       say("{build_stage}"),
			"environment": say("{environment}"),
			"tag":         say("{object_kind}") == "tag_push" ? say("{ref:branch}") : say("{object_kind}") == "release" ? say("{tag}") : ""
		}`,
	}},
	// Gitea, and Forgejo, which sends the same headers: docs.gitea.com,
	// "Webhooks", and the payloads of modules/structs/hook.go.
	Gitea: {fields: map[string]string{
		"id":    `headers["X-Gitea-Delivery"]`,
		"event": `headers["X-Gitea-Event"] + say("[.{action}]")`,
		"title": `let titles = {
			"push":          "{pusher.login|sender.login|~Someone} pushed to {ref:branch|~a branch}[ in {repository.full_name}][: {head_commit.message:line|commits.0.message:line}]",
			"create":        "{sender.login|~Someone} created {ref_type|~a ref} {ref:branch}[ in {repository.full_name}]",
			"delete":        "{sender.login|~Someone} deleted {ref_type|~a ref} {ref:branch}[ in {repository.full_name}]",
			"fork":          "{sender.login|~Someone} forked {forkee.full_name}[ to {repository.full_name}]",
			"issues":        "{sender.login|~Someone} {action:past|~changed} issue {repository.full_name}#{issue.number|number}[: {issue.title}]",
			"issue_comment": "{sender.login|~Someone} commented on {repository.full_name}#{issue.number}[: {issue.title}]",
			"pull_request":  "{sender.login|~Someone} {action:past|~changed} pull request {repository.full_name}#{pull_request.number|number}[: {pull_request.title}]",
			"merged":        "{sender.login|~Someone} merged pull request {repository.full_name}#{pull_request.number|number}[: {pull_request.title}]",
			"pull_request_approved": "{sender.login|~Someone} approved pull request {repository.full_name}#{pull_request.number|number}[: {pull_request.title}]",
			"pull_request_rejected": "{sender.login|~Someone} asked for changes to pull request {repository.full_name}#{pull_request.number|number}[: {pull_request.title}]",
			"pull_request_comment":  "{sender.login|~Someone} commented on pull request {repository.full_name}#{pull_request.number|number}[: {pull_request.title}]",
			"release":       "Release {release.name|release.tag_name} {action:past|~changed}[ in {repository.full_name}]",
			"repository":    "{sender.login|~Someone} {action:past|~changed} repository {repository.full_name}",
			"status":        "{context|~Status} {state:outcome|~changed}[ in {repository.full_name}][: {commit.message:line}]",
			"workflow_run":  "Workflow[ {workflow.name|workflow_run.path}] {workflow_run.conclusion:outcome|workflow_run.status:outcome|~changed}[ on {workflow_run.head_branch}][ in {repository.full_name}][: {workflow_run.display_title}]",
			"workflow_job":  "Job[ {workflow_job.name}] {workflow_job.conclusion:outcome|workflow_job.status:outcome|~changed}[ on {workflow_job.head_branch}][ in {repository.full_name}]"
		}; let event = headers["X-Gitea-Event"];
		let kind = event == "pull_request" && say("{action} {pull_request.merged}") == "closed true" ? "merged" : event;
		kind in titles ? say(titles[kind])
		: say("{sender.login|~Gitea}: ") + replace(event == "" ? "something happened" : event, "_", " ") + say("[ {action:past}][ in {repository.full_name}]")`,
		"status": `let state = say("{workflow_run.conclusion|workflow_job.conclusion|workflow_run.status|workflow_job.status|state}");
			state in ["failure", "error"] ? "firing" : state == "success" ? "resolved" : state`,
		"severity":  `say("{workflow_run.conclusion|workflow_job.conclusion|state}") in ["failure", "error"] ? "warning" : "info"`,
		"group_key": `say("{repository.full_name}[#{pull_request.number|issue.number|number}][ workflow {workflow.name|workflow_run.path}][ job {workflow_job.name}][ {workflow_run.head_branch|workflow_job.head_branch}][ status {context}]")`,
		"url":       `say("{review.html_url|comment.html_url|pull_request.html_url|issue.html_url|release.html_url|workflow_run.html_url|workflow_job.html_url|target_url|compare_url|repository.html_url}")`,
		"text": `say("{review.content|comment.body|pull_request.body|issue.body|release.body|description}\n` +
			eachOf("commits", 5, `[{message:line}][ ({author.name})]`) + `")`,
		"labels": `{
			"repository": say("{repository.full_name}"),
			"branch":     say("{pull_request.head.ref|workflow_run.head_branch|workflow_job.head_branch|ref:branch}"),
			"target":     say("{pull_request.base.ref}"),
			"number":     say("{pull_request.number|issue.number|number}"),
			"actor":      say("{sender.login|pusher.login}"),
			"author":     say("{pull_request.user.login|issue.user.login|head_commit.author.username|commits.0.author.username}"),
			"assignee":   say("{pull_request.assignee.login|issue.assignee.login}"),
			"reviewer":   say("{requested_reviewer.login}"),
			"conclusion": say("{workflow_run.conclusion|workflow_job.conclusion|state}"),
			"workflow":   say("{workflow.name}"),
			"job":        say("{workflow_job.name}"),
			"tag":        say("{release.tag_name}")
		}`,
	}},
	// docs.sentry.io, "Integration Platform: Webhooks" and the pages below it.
	// A resolved issue ends what its alerts and errors began.
	Sentry: {fields: map[string]string{
		"id":    `headers["Request-Id"]`,
		"event": `headers["Sentry-Hook-Resource"] + say("[.{action}]")`,
		"title": `let titles = {
			"metric_alert": "{data.description_title|data.metric_alert.title|~Metric alert}",
			"issue":        "{data.issue.shortId|~An issue} {action:words|~changed}[: {data.issue.title}]",
			"comment":      "{actor.name|~Someone} commented on an issue[ of {data.project_slug}]",
			"installation": "Sentry integration {action:past|~changed}[: {data.installation.app.slug}]"
		}; let kind = headers["Sentry-Hook-Resource"];
		let title = say(kind in titles ? titles[kind] : "{data.event.title|data.error.title|data.issue.title|data.event.message|message}");
		title != "" ? title : "Sentry: " + replace(kind, "_", " ") + say(" {action:words|~something happened}")`,
		"status": `let kind = headers["Sentry-Hook-Resource"]; let action = say("{action}");
			kind in ["comment", "installation"] ? "" : action in ["resolved", "archived", "ignored"] ? "resolved"
			: action in ["triggered", "critical", "warning", "created", "unresolved"] ? "firing" : ""`,
		"severity": `let word = say("{action}") in ["critical", "warning"] ? say("{action}") : say("{data.event.level|data.error.level|data.issue.level|level}");
			word == "fatal" ? "critical" : word`,
		"group_key": `say("[issue {data.event.issue_id|data.error.issue_id|data.issue.id|data.issue_id}][alert {data.metric_alert.id}]")`,
		"url":       `say("{data.event.web_url|data.error.web_url|data.issue.web_url|data.issue.permalink|data.web_url|url}")`,
		"text":      `say("{data.comment|data.description_text|data.event.metadata.value|data.error.metadata.value|data.issue.metadata.value|data.event.message}\n{data.event.culprit|data.error.culprit|data.issue.culprit|culprit}\n[Rule: {data.triggered_rule}]")`,
		"labels": `{
			"project":     say("{data.issue.project.slug|data.project_slug|data.metric_alert.projects.0|project_name|project}"),
			"issue":       say("{data.issue.shortId|data.event.issue_id|data.error.issue_id|data.issue_id}"),
			"level":       say("{data.event.level|data.error.level|data.issue.level|level}"),
			"environment": say("{data.event.environment|data.error.environment|data.metric_alert.alert_rule.environment}"),
			"release":     say("{data.event.release|data.error.release}"),
			"platform":    say("{data.event.platform|data.error.platform|data.issue.platform}"),
			"rule":        say("{data.triggered_rule|data.metric_alert.alert_rule.name}"),
			"actor":       say("{actor.name}"),
			"assignee":    say("{data.issue.assignedTo.email|data.issue.assignedTo.name}")
		}`,
	}},
	// Jenkins itself sends nothing: this is the payload of its Notification
	// plugin (plugins.jenkins.io/notification), and what is like it. The phases
	// COMPLETED and FINALIZED of a build are one event.
	Jenkins: {fields: map[string]string{
		"id":    `say("[{build.full_url|url} {build.timestamp|build.number|timestamp}]")`,
		"event": `"build" + say(say("{build.phase:lower}") in ["queued", "started"] ? "[.{build.phase:lower}]" : "[.{build.status:lower|result:lower|status:lower}]")`,
		"title": `let path = say("{url}");
			(path startsWith "job/" ? replace(trimSuffix(trimPrefix(path, "job/"), "/"), "/job/", " » ") : say("{display_name|name|jobName|projectName|~Build}"))
			+ say("[ #{build.number|number}]")
			+ say(say("{build.phase:lower}") in ["queued", "started"] ? " {build.phase:lower}" : " {build.status:outcome|result:outcome|status:outcome|~changed}")`,
		"status": `let phase = say("{build.phase:lower}"); let state = say("{build.status:lower|result:lower|status:lower}");
			phase in ["queued", "started"] ? phase : state in ["failure", "failed", "unstable", "error"] ? "firing"
			: state == "success" ? "resolved" : state == "aborted" ? "cancelled" : state`,
		"severity": `say("{build.phase:lower}") in ["queued", "started"] ? "info"
			: say("{build.status:lower|result:lower|status:lower}") in ["failure", "failed", "unstable", "error"] ? "warning" : "info"`,
		"group_key": `let path = say("{url}"); path startsWith "job/" ? path : say("{name|jobName|projectName}")`,
		"url":       `say("{build.full_url|url}") startsWith "http" ? say("{build.full_url|url}") : ""`,
		"text":      `say("{build.notes|causes}\n[{build.test_summary.failed} of {build.test_summary.total} tests failed]\n{build.scm.changes.0}\n{build.scm.changes.1}\n{build.scm.changes.2}\n{build.log}")`,
		"labels": `{
			"job":        say("{display_name|name|jobName|projectName}"),
			"number":     say("{build.number|number}"),
			"branch":     say("{build.scm.branch}"),
			"commit":     say("{build.scm.commit:short}"),
			"conclusion": say("{build.phase:lower}") in ["queued", "started"] ? "" : say("{build.status:lower|result:lower|status:lower}"),
			"author":     say("{build.scm.culprits.0}")
		}`,
	}},
	// What the media type of docs/sources.md posts: macros of Zabbix by name
	// (zabbix.com, "Supported macros"). A retry, and the same alert to another
	// of its recipients, has the same age; a later step of an escalation not.
	Zabbix: {fields: map[string]string{
		"id":    `say("[{event_id} {event_value} {event_update_status|~0} {event_update_at|~-} {event_age|~-}]")`,
		"event": `say("{event_update_status}") == "1" ? "update" : say("{event_value}") == "0" ? "recovery" : say("{event_value}") == "1" ? "problem" : "notice"`,
		"title": `say("[{host}: ]{event_name|subject|message:line|~Zabbix}")`,
		"status": `say("{event_update_status}") == "1" ? "updated"
			: say("{event_value}") == "0" ? "resolved" : say("{event_value}") == "1" ? "firing" : ""`,
		"severity":  `let levels = {"5": "critical", "4": "critical", "3": "warning", "2": "warning", "1": "info", "0": "info"}; let level = say("{event_nseverity}"); level in levels ? levels[level] : say("{event_severity:lower}")`,
		"group_key": `say("[problem {event_id}]")`,
		"url":       `let page = say("[{zabbix_url}/tr_events.php?triggerid={trigger_id}&eventid={event_id}]"); page startsWith "http" ? page : ""`,
		"text": `say((say("{event_update_status}") == "1" ? "{event_update_user|~Someone} {event_update_action}[: {event_update_message}]\n" : "") +
			"{event_opdata}\n{trigger_description}" + (say("{event_name}") == "" ? "\n{message}" : ""))`,
		"labels": `let tags = payload?.event_tags; fromPairs(filter(concat(
			type(tags) == "array" ? map(tags, [string(#.tag), string(#.value)]) : [],
			[["host", say("{host}")], ["ip", say("{host_ip}")]]
		), #[1] != ""))`,
	}},
	// server/notification-providers/webhook.js of louislam/uptime-kuma, with
	// the content type application/json. A test and a warning that a certificate
	// expires have msg alone.
	UptimeKuma: {fields: map[string]string{
		"id":        `say("[{heartbeat.monitorID|monitor.id} {heartbeat.time}]")`,
		"event":     `let names = {"0": "down", "1": "up", "2": "pending", "3": "maintenance"}; let state = say("{heartbeat.status}"); state in names ? names[state] : "notice"`,
		"title":     `let words = {"0": " is down", "1": " is up", "2": " is pending", "3": " is under maintenance"}; let state = say("{heartbeat.status}"); let name = say("{monitor.pathName|monitor.name}"); name != "" && state in words ? name + words[state] : say("{msg:line|monitor.name|~Uptime Kuma}")`,
		"status":    `let words = {"0": "firing", "1": "resolved", "2": "pending", "3": "maintenance"}; let state = say("{heartbeat.status}"); state in words ? words[state] : ""`,
		"severity":  `say("{heartbeat.status}") == "0" ? "critical" : say("{heartbeat.status}") == "2" ? "warning" : "info"`,
		"group_key": `say("[monitor {heartbeat.monitorID|monitor.id|monitor.name}]")`,
		"url":       `say("{monitor.url}") matches "^https?://." ? say("{monitor.url}") : ""`,
		"text":      `say("{heartbeat.msg}\n{monitor.description}" + (say("{heartbeat.msg}") == "" && say("{msg}") != say("{msg:line}") ? "\n{msg}" : ""))`,
		"labels": `let tags = payload?.monitor?.tags; fromPairs(filter(concat(
			type(tags) == "array" ? map(tags, [string(#.name), string(#.value)]) : [],
			[["monitor", say("{monitor.name}")], ["type", say("{monitor.type}")], ["host", say("{monitor.hostname}[:{monitor.port}]")], ["ping", say("[{heartbeat.ping} ms]")]]
		), #[1] != ""))`,
	}},
	// github.com/cloudevents/spec, "JSON Event Format" and "HTTP Protocol
	// Binding". source and id together name an event.
	CloudEvents: {envelope: cloudEvent, batches: true, fields: map[string]string{
		"id":        `say("[{source} {id}]")`,
		"event":     `say("{type}")`,
		"title":     `say("{type|~CloudEvent}[: {data.title|data.summary|data.name|data.message:line|subject}]")`,
		"status":    `let state = lower(say("{status|data.status}")); state in ["firing", "resolved"] ? state : ""`,
		"severity":  `say("{severity|data.severity}")`,
		"group_key": `say("{source}[ {subject}]")`,
		"url":       `let page = say("{data.html_url|data.url|data.link|source}"); page matches "^https?://." ? page : ""`,
		"text":      `let words = say("{data.text|data.description|data.body|data.message}"); words != "" ? words : (item ?? payload)?.data`,
		"labels":    `{"type": say("{type}"), "source": say("{source}"), "subject": say("{subject}")}`,
	}},
	// github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md:
	// type, timestamp and data. What identifies a webhook is its webhook-id.
	StandardWebhook: {fields: map[string]string{
		"event":     `say("{type|event}")`,
		"title":     `say("{type|event|~Webhook}[: {data.title|data.summary|data.name|data.message:line}]")`,
		"status":    `let state = lower(say("{data.status}")); state in ["firing", "resolved"] ? state : ""`,
		"severity":  `say("{data.severity}")`,
		"group_key": `say("{data.id}")`,
		"url":       `let page = say("{data.html_url|data.url|data.link}"); page matches "^https?://." ? page : ""`,
		"text":      `let words = say("{data.text|data.description|data.body|data.message}"); words != "" ? words : payload?.data`,
		"labels":    `{"type": say("{type}"), "id": say("{data.id}")}`,
	}},
}

// eachOf is the wording of the first n elements of a list, a line for each that
// the payload has: its paths begin at the element.
func eachOf(list string, n int, wording string) string {
	var b strings.Builder
	for i := range n {
		at := list + "." + strconv.Itoa(i) + "."
		b.WriteString(strings.NewReplacer("{", "{"+at, "|", "|"+at).Replace(wording) + `\n`)
	}
	return b.String()
}
