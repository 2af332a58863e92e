package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"workbell/message"
	"workbell/outbox"
	"workbell/routes"
)

type deliveriesCmd struct {
	adminFlags
	outputFlag
	State    []string `placeholder:"S" help:"Only these: queued, sent, delivered, partial, failed, recalled, suppressed, superseded, expired, refused, dead."`
	Source   string   `placeholder:"NAME" help:"Only of this source."`
	Rule     string   `placeholder:"NAME" help:"Only of this rule."`
	App      string   `placeholder:"NAME" help:"Only of this app."`
	GroupKey string   `placeholder:"G" help:"Only of events with this group key."`
	Event    int64    `placeholder:"ID" help:"Only of this event."`
	Of       int64    `placeholder:"ID" help:"Only those that stem from this delivery: sent again, or escalated."`
	Limit    int      `default:"50" help:"At most so many, the newest."`
	All      bool     `help:"All of them, whatever --limit says."`
}

// Run lists deliveries, newest first.
func (c *deliveriesCmd) Run(ctx context.Context, env Env) error {
	if c.Limit < 1 {
		return wrongUse("--limit=%d: give a number above 0, or --all", c.Limit)
	}
	list, more, err := c.list(ctx)
	if err != nil {
		return exitCode(err)
	}
	if c.Output == "json" {
		return printJSON(env.Stdout, routes.Page{Deliveries: list})
	}
	c.print(env.Stdout, list, more, width(env.Stdout))
	return nil
}

// list asks for page after page until it has what is wanted, and says whether
// there is more.
func (c *deliveriesCmd) list(ctx context.Context) (list []routes.Delivery, more bool, err error) {
	list = []routes.Delivery{}
	query := c.query()
	for {
		n := routes.MaxPage
		if !c.All { // one more than is shown tells whether there are any
			n = min(n, c.Limit+1-len(list))
		}
		query.Set("limit", strconv.Itoa(n))
		var page routes.Page
		if err := c.ask(ctx, http.MethodGet, "deliveries", query, nil, &page); err != nil {
			return nil, false, err
		}
		list = append(list, page.Deliveries...)
		switch {
		case !c.All && len(list) > c.Limit:
			return list[:c.Limit], true, nil
		case len(page.Deliveries) < n:
			return list, false, nil
		}
		query.Set("before", strconv.FormatInt(list[len(list)-1].ID, 10))
	}
}

// query are the filters as the API names them.
func (c *deliveriesCmd) query() url.Values {
	q := url.Values{"state": c.State}
	for key, value := range map[string]string{"source": c.Source, "rule": c.Rule, "app": c.App, "group_key": c.GroupKey} {
		if value != "" {
			q.Set(key, value)
		}
	}
	for key, value := range map[string]int64{"event": c.Event, "of": c.Of} {
		if value != 0 {
			q.Set(key, strconv.FormatInt(value, 10))
		}
	}
	return q
}

// What a list of 80 columns gives at most to names; a wider one gives more.
const (
	ruleWidth = 14
	toWidth   = 12
)

// state is where a delivery stands, and whether it is over or somebody takes care.
func state(d *outbox.Delivery) string {
	switch {
	case !d.Resolved.IsZero():
		return string(d.State) + ", over"
	case !d.Acked.IsZero():
		return string(d.State) + ", acked"
	}
	return string(d.State)
}

// print lists deliveries in so many columns.
func (c *deliveriesCmd) print(w io.Writer, list []routes.Delivery, more bool, columns int) {
	if len(list) == 0 {
		say(w, "there are no deliveries")
		return
	}
	rows := [][]string{{"ID", "TAKEN", "STATE", "RULE", "TO", "TITLE"}}
	for _, d := range list {
		title := cmp.Or(d.Title, "-")
		if d.Cause != "" {
			title = d.Cause + ": " + title
		}
		rows = append(rows, []string{
			strconv.FormatInt(d.ID, 10), d.Created.In(time.Local).Format("01-02 15:04:05"), state(&d.Delivery),
			fit(printable(cmp.Or(d.Rule, "-")), share(columns, ruleWidth)), toWhom(d.To, share(columns, toWidth)), printable(title),
		})
	}
	for _, line := range align(rows, columns) {
		say(w, "%s", line)
	}
	if more {
		say(w, "… and older ones: see them with --all, or a larger --limit")
	}
}

// share is what a list of so many columns gives to names that have n of 80.
func share(columns, n int) int { return max(n, columns*n/80) }

// toWhom names the first recipient and counts the others, in at most columns.
func toWhom(to message.Recipients, columns int) string {
	all := routes.References(to)
	if len(all) == 0 {
		return "nobody"
	}
	rest := ""
	if len(all) > 1 {
		rest = fmt.Sprintf(" +%d", len(all)-1)
	}
	return fit(printable(strings.TrimPrefix(all[0], "user:")), columns-len(rest)) + rest
}
