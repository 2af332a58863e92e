package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"workbell/bridge"
	"workbell/config"
	"workbell/dingtalk"
	"workbell/message"
	"workbell/routes"
)

type sendCmd struct {
	fileFlags
	outputFlag
	To      []string          `required:"" placeholder:"REF" help:"Who: a group, user:ID, dept:ID, person:NAME or mobile:NUMBER; several with commas."`
	Msgtype string            `default:"text" placeholder:"T" help:"text, markdown, oa, action_card, link, image, file or voice."`
	App     string            `placeholder:"NAME" help:"The app to send with. Default: the first."`
	Title   string            `help:"Title, where the msgtype has one."`
	Text    string            `help:"Text: the content, the markdown or the description."`
	URL     string            `help:"Where a tap leads."`
	Field   map[string]string `placeholder:"NAME=VALUE" help:"A field of the msgtype, as templates name it; may be repeated."`
	Wait    time.Duration     `default:"30s" help:"How long to wait for what became of it."`
}

// receipt is what a send came to, as --output=json prints it.
type receipt struct {
	TaskID  int64             `json:"task_id"`
	Done    bool              `json:"done"` // DingTalk has finished with it
	Outcome map[string]string `json:"outcome"`
}

// Run sends one notification at once, past the queue, and asks what became of
// it.
func (c *sendCmd) Run(ctx context.Context, env Env) error {
	plan, err := c.plan(env)
	if err != nil {
		return err
	}
	app, err := c.app(plan.Config)
	if err != nil {
		return err
	}
	to, err := c.recipients(plan)
	if err != nil {
		return err
	}
	built, err := message.Build(c.Msgtype, c.values(), c.URL, 0)
	if err != nil {
		return wrongUse("%w (--text, --title, --url and --field give what a message holds)", err)
	}
	client, err := bridge.NewClient(&plan.Config.DingTalk, app, env.Version.Version, nil)
	if err != nil {
		return err
	}
	defer client.Close()
	if to, err = lookUp(ctx, client, to); err != nil {
		return fellShort("%w", err)
	}
	sent, err := client.Send(ctx, to, built.Body)
	if renew := (*dingtalk.Error)(nil); errors.As(err, &renew) && renew.Action == dingtalk.RenewToken {
		sent, err = client.Send(ctx, to, built.Body) // with a new token
	}
	if e, ok := errors.AsType[*dingtalk.Error](err); ok && e.HTTPStatus == 0 {
		return fellShort("%w (is dingtalk.base_url right? does this machine reach it, or need HTTPS_PROXY?)", err)
	}
	if err != nil {
		return fellShort("%w", err)
	}
	r := receipt{TaskID: sent.TaskID}
	r.Outcome, r.Done, err = c.follow(ctx, client, sent.TaskID)
	return c.print(env.Stdout, r, err)
}

func (c *sendCmd) app(cfg *config.Config) (*config.App, error) {
	var names []string
	for i := range cfg.DingTalk.Apps {
		a := &cfg.DingTalk.Apps[i]
		if c.App == "" && a.Type == config.Internal {
			return a, nil
		}
		if a.Name == c.App {
			if a.Type == config.ThirdParty {
				return nil, wrongUse("app %s is a third-party app, which sends by template only: a rule with msgtype: template does that", a.Name)
			}
			return a, nil
		}
		names = append(names, a.Name)
	}
	if c.App == "" {
		return nil, wrongUse("there is no internal app in rules.yaml: third-party apps send by template only, which rules do")
	}
	return nil, wrongUse("there is no app %q (%s)", c.App, config.DidYouMean(c.App, names))
}

func (c *sendCmd) recipients(plan *routes.Plan) (message.Recipients, error) {
	var to message.Recipients
	for _, ref := range c.To {
		who, err := plan.Transform.Recipients(strings.TrimSpace(ref))
		if err != nil {
			return to, wrongUse("--to=%s: %w", ref, err)
		}
		to = to.Union(who)
	}
	if n := len(to.Calls(0)); n != 1 {
		return to, wrongUse("--to comes to %d recipients, more than one call takes; name fewer", to.Count())
	}
	return to, nil
}

// lookUp returns to with user ids in place of telephone numbers.
func lookUp(ctx context.Context, client *dingtalk.Client, to message.Recipients) (message.Recipients, error) {
	named := message.Recipients{Users: to.Users, Depts: to.Depts, Everyone: to.Everyone}
	for _, number := range to.Mobiles {
		user, err := client.UserByMobile(ctx, number)
		if err != nil {
			return named, fmt.Errorf("mobile:%s: %w", number, err)
		}
		named = named.Union(message.Recipients{Users: []string{user}})
	}
	return named, nil
}

// values are the msgtype's fields: the general flags by where they belong, then
// --field as it is.
func (c *sendCmd) values() message.Values {
	first, _, _ := strings.Cut(c.Text, "\n")
	title := c.Title
	if title == "" {
		title = first
	}
	v := map[string]message.Values{
		"text":        {"content": strings.TrimSpace(c.Title + "\n" + c.Text)},
		"markdown":    {"title": title, "text": c.Text},
		"link":        {"title": title, "text": c.Text, "url": c.URL},
		"oa":          {"head": title, "title": title, "content": c.Text, "url": c.URL},
		"action_card": {"title": title, "markdown": c.Text},
	}[c.Msgtype]
	if v == nil {
		v = message.Values{}
	}
	if c.Msgtype == "action_card" && c.URL != "" {
		v["buttons"] = message.Button("Open", c.URL)
	}
	maps.Copy(v, c.Field)
	return v
}

// follow asks, at growing intervals, until DingTalk has finished with the task
// or the wait is over.
func (c *sendCmd) follow(ctx context.Context, client *dingtalk.Client, task int64) (map[string]string, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	for pause := 500 * time.Millisecond; ; pause *= 2 {
		select {
		case <-ctx.Done():
			return nil, false, nil
		case <-time.After(pause):
		}
		p, err := client.Progress(ctx, task)
		if err == nil && p.Status == dingtalk.Done {
			break
		}
		if err != nil && ctx.Err() == nil {
			return nil, false, fmt.Errorf("it was sent, but what became of it is not known: %w", err)
		}
	}
	r, err := client.Result(ctx, task)
	if err != nil {
		return nil, true, fmt.Errorf("it was sent, but what became of it is not known: %w", err)
	}
	return outcome(r), true, nil
}

// outcome says in words what became of each recipient.
func outcome(r dingtalk.Result) map[string]string {
	o := map[string]string{}
	all := func(ids []string, prefix, what string) {
		for _, id := range ids {
			o[prefix+id] = what
		}
	}
	all(r.Unread, "", "delivered")
	all(r.Read, "", "delivered and read")
	all(r.Failed, "", "failed; may be sent again")
	all(r.Invalid, "", "no such user, or outside the app's scope")
	all(r.InvalidDepts, "dept:", "no such department")
	for _, f := range r.Forbidden {
		o[f.UserID] = strings.TrimSpace("dropped by DingTalk: " + f.Code + " " + dingtalk.Words(f.Code))
	}
	return o
}

func (c *sendCmd) print(w io.Writer, r receipt, err error) error {
	if c.Output == "json" {
		if e := json.NewEncoder(w).Encode(r); e != nil {
			return e
		}
		return c.verdict(r, err)
	}
	_, _ = fmt.Fprintf(w, "task %d: accepted by DingTalk\n", r.TaskID)
	for _, id := range slices.Sorted(maps.Keys(r.Outcome)) {
		_, _ = fmt.Fprintf(w, "  %s: %s\n", id, r.Outcome[id])
	}
	return c.verdict(r, err)
}

// verdict is nil where somebody has it.
func (c *sendCmd) verdict(r receipt, err error) error {
	switch {
	case err != nil:
		return fellShort("%w", err)
	case !r.Done:
		return fellShort("DingTalk had not finished with it after %v", c.Wait)
	case !slices.ContainsFunc(slices.Collect(maps.Values(r.Outcome)), func(s string) bool { return strings.HasPrefix(s, "delivered") }):
		return fellShort("nobody received it")
	}
	return nil
}
