package source

import "strings"

// ciEvents are about builds, checks and deployments. A failure is Firing, a
// success Resolved; the group says what of which the success is the end.
var ciEvents = map[string]hubEvent{
	"workflow_run": {
		titles: ciTitles("Workflow[ {workflow_run.name|workflow.name}]", "[ on {workflow_run.head_branch}]"+inRepo+"[: {workflow_run.display_title|workflow_run.head_commit.message:line}]"),
		action: stage("workflow_run"),
		text: "[Run #{workflow_run.run_number}][, attempt {workflow_run.run_attempt}][, by {workflow_run.triggering_actor.login|workflow_run.actor.login}][, {workflow_run.event}]\n" +
			"[{workflow_run.head_sha:short} {workflow_run.head_commit.message:line}][ ({workflow_run.head_commit.author.name})]",
		url:   "{workflow_run.html_url}",
		group: repo + " workflow[ {workflow_run.name|workflow.name}][ {workflow_run.head_branch}]",
		labels: map[string]string{
			"workflow": "{workflow_run.name|workflow.name}", "branch": "{workflow_run.head_branch}", "sha": "{workflow_run.head_sha}",
			"conclusion": "{workflow_run.conclusion}", "trigger": "{workflow_run.event}", "number": "{workflow_run.run_number}",
			"author": "{workflow_run.head_commit.author.name}", "actor": "{workflow_run.actor.login}", "pull_request": "{workflow_run.pull_requests.0.number}",
		},
		judge: judgeRun("workflow_run"),
	},
	"workflow_job": {
		titles: ciTitles("Job[ {workflow_job.name}][ of {workflow_job.workflow_name}]", "[ on {workflow_job.head_branch}]"+inRepo),
		action: stage("workflow_job"),
		url:    "{workflow_job.html_url}",
		group:  repo + " job[ {workflow_job.workflow_name} /][ {workflow_job.name}][ {workflow_job.head_branch}]",
		labels: map[string]string{
			"job": "{workflow_job.name}", "workflow": "{workflow_job.workflow_name}", "branch": "{workflow_job.head_branch}", "sha": "{workflow_job.head_sha}",
			"conclusion": "{workflow_job.conclusion}", "runner": "{workflow_job.runner_name}",
		},
		judge: judgeJob,
	},
	"check_run": {
		titles: ciTitles("Check[ {check_run.name}]", "[ on {check_run.check_suite.head_branch}]"+inRepo+"[: {check_run.output.title}]"),
		action: stage("check_run"),
		text:   "{check_run.output.summary}\n{check_run.output.text}",
		url:    "{check_run.html_url|check_run.details_url}",
		group:  repo + " check[ {check_run.name}][ {check_run.check_suite.head_branch|check_run.head_sha}]",
		labels: map[string]string{
			"check": "{check_run.name}", "app": "{check_run.app.slug}", "branch": "{check_run.check_suite.head_branch}", "sha": "{check_run.head_sha}",
			"conclusion": "{check_run.conclusion}", "pull_request": "{check_run.pull_requests.0.number}",
		},
		judge: judgeRun("check_run"),
	},
	"check_suite": {
		titles: ciTitles("Checks[ of {check_suite.app.name}]", "[ on {check_suite.head_branch}]"+inRepo+"[: {check_suite.head_commit.message:line}]"),
		action: stage("check_suite"),
		text:   "[{check_suite.head_sha:short} {check_suite.head_commit.message:line}][ ({check_suite.head_commit.author.name})]",
		url:    "[{repository.html_url}/commit/{check_suite.head_sha}/checks]",
		group:  repo + " checks[ {check_suite.app.slug|check_suite.app.name}][ {check_suite.head_branch|check_suite.head_sha}]",
		labels: map[string]string{
			"app": "{check_suite.app.slug}", "branch": "{check_suite.head_branch}", "sha": "{check_suite.head_sha}",
			"conclusion": "{check_suite.conclusion}", "author": "{check_suite.head_commit.author.name}", "pull_request": "{check_suite.pull_requests.0.number}",
		},
		judge: judgeRun("check_suite"),
	},
	"status": {
		titles: map[string]string{
			"success": "{context|~Status} succeeded" + onCommit, "failure": "{context|~Status} failed" + onCommit,
			"error": "{context|~Status} could not be run" + onCommit, "pending": "{context|~Status} is pending" + onCommit,
			"": "{context|~Status}[ is {state}]" + onCommit,
		},
		action: func(p object) string { return p.str("state") },
		text:   "{description}\n[{sha:short} {commit.commit.message:line}][ ({commit.commit.author.name})]",
		url:    "{target_url|commit.html_url}",
		group:  repo + " status[ {context}][ {branches.0.name|sha}]",
		labels: map[string]string{"context": "{context}", "conclusion": "{state}", "branch": "{branches.0.name}", "sha": "{sha}", "author": "{commit.author.login|commit.commit.author.name}"},
		judge: func(p object, e *Event) {
			e.Ref = fullRef("refs/heads/", p.str("branches.0.name"))
			e.conclude(p.str("state"), "warning")
		},
	},
	"deployment": {
		titles: map[string]string{"": who + " started a deployment[ of {deployment.ref}][ to {deployment.environment}]" + inRepo},
		text:   "{deployment.description}\n[Commit {deployment.sha:short}]",
		url:    "{workflow_run.html_url}", group: deployGroup, labels: deployLabels,
		judge: func(p object, e *Event) { e.Ref = line(p.str("deployment.ref"), maxName) },
	},
	"deployment_status": {
		titles: map[string]string{
			"success": deploy + " succeeded" + inRepo, "failure": deploy + " failed" + inRepo, "error": deploy + " failed with an error" + inRepo,
			"inactive": deploy + " is no longer active" + inRepo, "": deploy + "[ is {deployment_status.state:words}]" + inRepo,
		},
		action: func(p object) string { return p.str("deployment_status.state") },
		text:   "{deployment_status.description|deployment.description}\n[Commit {deployment.sha:short}][, by {deployment.creator.login}]",
		url:    "{deployment_status.log_url|deployment_status.target_url|deployment_status.environment_url|workflow_run.html_url}",
		group:  deployGroup, labels: with(deployLabels, "conclusion", "{deployment_status.state}"),
		judge: judgeDeploy,
	},
	"deployment_review": {
		titles: map[string]string{
			"requested": "Deployment[ to {environment|workflow_job_runs.0.environment}]" + inRepo + " waits for approval[: {workflow_run.display_title}]",
			"":          who + " {action:words|~reviewed} a deployment[ to {environment|workflow_job_runs.0.environment}]" + inRepo,
		},
		text: "{comment}", url: "{workflow_run.html_url}",
		labels: map[string]string{"environment": "{environment|workflow_job_runs.0.environment}", "branch": "{workflow_run.head_branch}"},
	},
	"deployment_protection_rule": {
		titles: map[string]string{"": "Deployment[ to {environment}]" + inRepo + " asks a protection rule"},
		url:    "{deployment.html_url}", labels: map[string]string{"environment": "{environment}"},
	},
	"merge_group": {
		titles: map[string]string{
			"checks_requested": "Merge queue of " + repo + " checks a group[ for {merge_group.base_ref:branch}][: {merge_group.head_commit.message:line}]",
			"":                 "Merge queue of " + repo + " {action:words|~changed} a group[ for {merge_group.base_ref:branch}][: {merge_group.head_commit.message:line}]",
		},
		labels: map[string]string{"base": "{merge_group.base_ref:branch}", "sha": "{merge_group.head_sha}", "reason": "{reason}"},
	},
}

const (
	onCommit    = "[ on {branches.0.name|sha:short}]" + inRepo
	deploy      = "Deployment[ of {deployment.ref}][ to {deployment.environment|deployment_status.environment}]"
	deployGroup = repo + " deployment[ {deployment.environment|deployment_status.environment}]"
)

var deployLabels = map[string]string{
	"environment": "{deployment.environment|deployment_status.environment}", "branch": "{deployment.ref}", "sha": "{deployment.sha}",
	"task": "{deployment.task}", "author": "{deployment.creator.login}", "production": "{deployment.production_environment}",
}

// ciTitles says what has become of a thing, by its conclusion or status.
func ciTitles(thing, where string) map[string]string {
	titles := map[string]string{"": thing + " changed" + where}
	for outcome, verb := range map[string]string{
		"success": "succeeded", "failure": "failed", "timed_out": "timed out", "startup_failure": "failed to start",
		"cancelled": "was cancelled", "skipped": "was skipped", "neutral": "ended neutral", "stale": "went stale",
		"action_required": "requires action", "completed": "completed",
		"requested": "was requested", "queued": "is queued", "waiting": "is waiting", "pending": "is pending",
		"in_progress": "is running", "created": "was created", "rerequested": "was requested again",
		"requested_action": "was asked to act",
	} {
		titles[outcome] = thing + " " + verb + where
	}
	return titles
}

// stage is the conclusion at key if there is one, else the action.
func stage(key string) func(object) string {
	return func(p object) string {
		if conclusion := p.str(key + ".conclusion"); conclusion != "" && p.str("action") == "completed" {
			return conclusion
		}
		return p.str("action")
	}
}

// conclude sets Status and Severity by an outcome; failed is how severe a
// failure is. What neither failed nor succeeded has no status.
func (e *Event) conclude(outcome, failed string) {
	switch outcome {
	case "failure", "timed_out", "startup_failure", "error":
		e.Status, e.Severity = Firing, failed
	case "success":
		e.Status = Resolved
	case "action_required":
		e.Severity = "warning"
	}
}

// judgeRun judges what has a conclusion at key.
func judgeRun(key string) func(object, *Event) {
	return func(p object, e *Event) {
		if p.str("action") == "completed" {
			e.conclude(p.str(key+".conclusion"), "warning")
		}
		e.Ref = fullRef("refs/heads/", p.pick(key+".head_branch|"+key+".check_suite.head_branch"))
		// A branch of a fork is not the branch of that name.
		if from := p.str(key + ".head_repository.full_name"); from != "" && from != e.Repository {
			e.GroupKey = group(e.GroupKey + " of " + from)
			e.Labels["head_repository"] = line(from, maxName)
		}
	}
}

// judgeJob adds which step failed.
func judgeJob(p object, e *Event) {
	judgeRun("workflow_job")(p, e)
	var failed []string
	for _, step := range p.list("workflow_job.steps") {
		if name := step.str("name"); name != "" && step.str("conclusion") == "failure" {
			failed = append(failed, "Failed step: "+name)
		}
	}
	failed = append(failed, p.expand("[Runner {workflow_job.runner_name}][ ({workflow_job.runner_group_name})]\n[Commit {workflow_job.head_sha:short}]"))
	e.Text = block(strings.Join(failed, "\n"))
}

// judgeDeploy takes a failure in production for critical.
func judgeDeploy(p object, e *Event) {
	severity := "warning"
	environment := strings.ToLower(p.pick("deployment.environment|deployment_status.environment"))
	if p.true("deployment.production_environment") || strings.HasPrefix(environment, "prod") {
		severity = "critical"
	}
	e.Ref = line(p.str("deployment.ref"), maxName)
	e.conclude(p.str("deployment_status.state"), severity)
}
