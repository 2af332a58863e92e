package followup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"workbell/dingtalk"
	"workbell/outbox"
)

// result asks what became of a delivery's recipients, once.
func (j *job) result() (outbox.Amendment, error) {
	d, sent := &j.due.Delivery, sentAt(&j.due.Delivery)
	switch {
	case d.TaskID == 0 || sent.IsZero():
		return j.done("what became of it cannot be asked: its task id is lost"), nil
	case j.now.After(sent.Add(results)):
		return j.untold("DingTalk tells what became of a notification for 24 hours; that has passed"), nil
	}
	if b := j.Budget(j.ctx); b.Reached(outbox.ShedAt) {
		return j.untold(fmt.Sprintf("not asked what became of it: %d of the month's %d calls are used", b.Used, b.Limit)), nil
	}
	r, err := j.ask(d)
	if err != nil {
		return outbox.Amendment{}, err
	}
	f, err := j.assess(d, &r)
	if err != nil {
		return outbox.Amendment{}, err
	}
	a := j.learn(f)
	if at := askAgain(j.due.Tries+1, sent, j.now); len(f.silent) > 0 && !at.IsZero() {
		a.Add = append(a.Add, outbox.Followup{Kind: outbox.FollowResult, Due: at, Tries: j.due.Tries + 1})
		return a, nil
	}
	for _, u := range f.silent {
		a.Receipts = append(a.Receipts, outbox.Receipt{User: u, Fate: outbox.FateUnknown, Words: "DingTalk does not tell what became of it"})
	}
	all := merged(d.Receipts, a.Receipts)
	if len(all) > 0 {
		a.State, a.Reason = standing(all)
	}
	if last := sent.Add(lastAsk); d.Track == trackRead && unread(all) && j.now.Before(last) {
		a.Add = append(a.Add, outbox.Followup{Kind: outbox.FollowResult, Due: last})
	}
	return a, nil
}

// untold ends the asking with what is known.
func (j *job) untold(note string) outbox.Amendment {
	a := j.done(note)
	if d := &j.due.Delivery; len(d.Receipts) > 0 && d.State == outbox.Sent {
		a.State, a.Reason = standing(d.Receipts)
	}
	return a
}

// ask makes one call of getsendresult.
func (j *job) ask(d *outbox.Delivery) (r dingtalk.Result, err error) {
	err = j.call("getsendresult", func(ctx context.Context) error {
		r, err = j.app.Client.Result(ctx, d.TaskID)
		return err
	})
	return r, err
}

// assess reads a result. Where DingTalk says that somebody has the same content,
// that may be by another call of the same message: of a department that they
// belong to, say.
func (j *job) assess(d *outbox.Delivery, r *dingtalk.Result) (finding, error) {
	var twins []outbox.Delivery
	if slices.ContainsFunc(r.Forbidden, func(f dingtalk.Forbidden) bool { return dingtalk.DropOf(f.Code) == dingtalk.DropSame }) {
		all, err := j.options.Store.List(j.ctx, outbox.Filter{Event: d.Event, App: d.App, Limit: 500})
		if err != nil {
			return finding{}, err
		}
		for i := range all {
			if all[i].ID == d.ID || all[i].TaskID == 0 || !bytes.Equal(all[i].Body, d.Body) {
				continue
			}
			twin, err := j.options.Store.Get(j.ctx, all[i].ID)
			if err != nil {
				return finding{}, err
			}
			twins = append(twins, twin)
		}
	}
	elsewhere := func(user string) bool {
		return slices.ContainsFunc(twins, func(t outbox.Delivery) bool { return reached(&t, user) })
	}
	return assess(d, r, elsewhere, j.now, j.s.Zone), nil
}

// reached says whether d has, or may have, reached the user.
func reached(d *outbox.Delivery, user string) bool {
	if r := find(d.Receipts, user); r != nil {
		return r.Fate.Has()
	}
	return d.To.Everyone || len(d.To.Depts) > 0 || slices.Contains(d.To.Users, user)
}

// learn is the amendment that keeps a finding.
func (j *job) learn(f finding) outbox.Amendment {
	d := &j.due.Delivery
	return outbox.Amendment{Delivery: d.ID, Lease: j.due.Lease(), Receipts: news(d.Receipts, f.receipts),
		Messages: f.messages(d, j.app.PeoplePerCall, j.now, j.s.Zone)}
}

// news are the receipts that tell something that was not known.
func news(known, learnt []outbox.Receipt) []outbox.Receipt {
	var all []outbox.Receipt
	for _, r := range learnt {
		was := find(known, r.User)
		if was == nil || was.Fate != r.Fate || was.Code != r.Code {
			all = append(all, r)
		}
	}
	return all
}

func find(receipts []outbox.Receipt, user string) *outbox.Receipt {
	for i := range receipts {
		if receipts[i].User == user {
			return &receipts[i]
		}
	}
	return nil
}

// unread says whether somebody has it and is not known to have read it.
func unread(receipts []outbox.Receipt) bool {
	for _, r := range receipts {
		if r.Fate == outbox.FateDelivered {
			return true
		}
	}
	return false
}

// InvalidKey names the fact that holds, as JSON, the people whom DingTalk does
// not know by the id that rules or events gave for an app, and since when that
// is known.
func InvalidKey(app string) string { return "invalid/" + app }

// maxInvalid is how many of an app's invalid people are remembered: where events
// choose the ids there is no end of them.
const maxInvalid = 500

// reportInvalid says once of each person that DingTalk does not know them, and
// keeps that it has been said: a wrong id in a rule is met with every alert.
func (j *job) reportInvalid(d *outbox.Delivery, receipts []outbox.Receipt) {
	var fresh []string
	for _, r := range receipts {
		if r.Fate == outbox.FateInvalid {
			fresh = append(fresh, r.User)
		}
	}
	if len(fresh) == 0 {
		return
	}
	j.invalid.Lock()
	defer j.invalid.Unlock()
	key := InvalidKey(j.name)
	facts, err := j.options.Store.Facts(j.ctx, key)
	if err != nil {
		j.options.Logger.Warn("who is invalid could not be looked up; said again later", "app", j.name, "err", err)
		return
	}
	known := map[string]time.Time{}
	_ = json.Unmarshal(facts[key].Value, &known) // none where there is nothing yet
	for _, user := range fresh {
		if _, said := known[user]; said {
			continue
		}
		known[user] = j.now.UTC().Truncate(time.Second)
		j.options.Logger.Error("DingTalk knows nobody by this id, or the app does not reach them; correct rules.yaml (said once)",
			"app", j.name, "user", user, "rule", d.Rule)
		j.options.Observer.Invalid(j.name, user)
	}
	for len(known) > maxInvalid { // the oldest go: they are said again
		oldest := slices.MinFunc(slices.Collect(maps.Keys(known)), func(a, b string) int { return known[a].Compare(known[b]) })
		delete(known, oldest)
	}
	value, err := json.Marshal(known)
	if err == nil {
		_, err = j.options.Store.Learn(j.ctx, outbox.Fact{Key: key, Value: value}, false)
	}
	if err != nil {
		j.options.Logger.Warn("who is invalid could not be kept; said again later", "app", j.name, "err", err)
	}
}
