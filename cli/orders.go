package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/outbox"
	"workbell/routes"
)

type resendCmd struct {
	adminFlags
	outputFlag
	IDs []int64  `arg:"" name:"id" help:"The deliveries, as workbell deliveries lists them."`
	To  []string `placeholder:"USER" help:"Only to these user ids among its recipients; several with commas."`
}

// Run sends deliveries again.
func (c *resendCmd) Run(ctx context.Context, env Env) error {
	return each(env, c.Output, c.IDs, func(id int64) (ordered, error) {
		return c.order(ctx, id, "resend", c.To)
	})
}

type recallCmd struct {
	adminFlags
	outputFlag
	IDs    []int64       `arg:"" name:"id" help:"The deliveries, as workbell deliveries lists them."`
	Wait   time.Duration `default:"1m" help:"How long to wait for what became of each."`
	NoWait bool          `help:"Do not wait."`
}

// Run takes deliveries back, and says what became of that.
func (c *recallCmd) Run(ctx context.Context, env Env) error {
	return each(env, c.Output, c.IDs, func(id int64) (ordered, error) {
		o, err := c.order(ctx, id, "recall", nil)
		if err != nil || c.NoWait {
			return o, err
		}
		return c.follow(ctx, o)
	})
}

type ackCmd struct {
	adminFlags
	outputFlag
	ID int64 `arg:"" name:"id" help:"The delivery, as workbell deliveries lists it."`
}

// Run notes that somebody takes care, so that it is not passed on any more.
func (c *ackCmd) Run(ctx context.Context, env Env) error {
	return each(env, c.Output, []int64{c.ID}, func(id int64) (ordered, error) {
		return c.order(ctx, id, "ack", nil)
	})
}

// ordered is what an order came to, as --output=json prints it.
type ordered struct {
	ID         int64        `json:"id,string"`
	Done       string       `json:"done,omitempty"`       // in words
	Deliveries []routes.Ref `json:"deliveries,omitempty"` // those that are to be sent because of it
	Error      string       `json:"error,omitempty"`      // why it fell short
}

// order has one delivery resent, recalled or acknowledged in the name of
// whoever runs this.
func (f adminFlags) order(ctx context.Context, id int64, what string, to []string) (ordered, error) {
	var done routes.Done
	err := f.ask(ctx, http.MethodPost, "deliveries/"+strconv.FormatInt(id, 10)+"/"+what, nil, routes.Order{By: whoAmI(), To: to}, &done)
	return ordered{ID: id, Done: done.Done, Deliveries: done.Deliveries}, err
}

// each does something about each delivery once, and prints what came of it. A
// refusal is of that delivery alone and does not hold up the others.
func each(env Env, output string, ids []int64, do func(int64) (ordered, error)) error {
	all, fell := []ordered{}, false
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		o, err := do(id)
		if r, ok := errors.AsType[*refusal](err); ok {
			o, fell = ordered{ID: id, Error: r.detail}, true
		} else if err != nil {
			return err
		}
		fell = fell || o.Error != ""
		all = append(all, o)
		if output != "json" {
			o.print(env)
		}
	}
	if output == "json" {
		if err := printJSON(env.Stdout, all); err != nil {
			return err
		}
	}
	if fell {
		return errSaid
	}
	return nil
}

func (o ordered) print(env Env) {
	if o.Error != "" {
		say(env.Stderr, "workbell: delivery %d: %s", o.ID, o.Error)
		return
	}
	as := make([]string, 0, len(o.Deliveries))
	for _, d := range o.Deliveries {
		if d.ID != o.ID {
			as = append(as, strconv.FormatInt(d.ID, 10))
		}
	}
	text := o.Done
	if len(as) > 0 {
		text += ", as delivery " + strings.Join(as, ", ")
	}
	say(env.Stdout, "delivery %d: %s", o.ID, text)
}

// follow waits until the recall that was ordered has ended, and says how.
func (c *recallCmd) follow(ctx context.Context, o ordered) (ordered, error) {
	end := time.After(c.Wait)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		d, err := c.delivery(ctx, o.ID)
		if err != nil {
			return o, err
		}
		if recalled, ended := fate(d.Delivery); ended {
			return recalled, nil
		}
		select {
		case <-ctx.Done():
			return o, ctx.Err()
		case <-end:
			o.Error = fmt.Sprintf("%s, which had not happened after %v; see `workbell show %d`", o.Done, c.Wait, o.ID)
			return o, nil
		case <-time.After(pause):
		}
	}
}

// fate says what became of the recall of d, and whether it has ended.
func fate(d outbox.Delivery) (ordered, bool) {
	o := ordered{ID: d.ID}
	switch {
	case d.State == outbox.Recalled:
		o.Done = "recalled"
	case d.State == outbox.Superseded:
		o.Done = d.Reason
	case slices.ContainsFunc(d.Followups, func(f outbox.Followup) bool { return f.Kind == outbox.FollowRecall }):
		return o, false
	default:
		o.Error = "it was not taken back, and is " + string(d.State)
		if n := len(d.Notes); n > 0 {
			o.Error += "; last noted: " + d.Notes[n-1].Text
		}
	}
	return o, true
}
