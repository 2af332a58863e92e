package routes

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"workbell/config"
	"workbell/outbox"
)

// Delivery is a delivery in an answer, with what a reader wants to know of its
// event.
type Delivery struct {
	outbox.Delivery
	Facts
	Children []Child `json:"children,omitempty"` // those that stem from it; only of a single one, as is:
	// Why explains in words what the state leaves open: why it repeats another
	// delivery, what became of those whom it did not reach.
	Why string `json:"why,omitempty"`
}

// Facts are what a list shows of an event. They are empty where the event has
// been pruned since.
type Facts struct {
	Source   string    `json:"source,omitempty"`
	Title    string    `json:"title,omitempty"`
	Status   string    `json:"status,omitempty"`
	Received time.Time `json:"received,omitzero"`
}

// Child is a delivery that stems from another: sent again, or escalated.
type Child struct {
	Ref
	Cause   string    `json:"cause,omitempty"`
	Created time.Time `json:"created"`
}

// Page is the answer to a list. The next one is asked for with before, the last
// one's id.
type Page struct {
	Deliveries []Delivery `json:"deliveries"`
}

// MaxPage is the most deliveries, or events, of a page.
const MaxPage = 500

// listQuery are the parameters of the list; docs/openapi.yaml describes them.
var listQuery = []string{"app", "before", "event", "group_key", "limit", "of", "rule", "source", "state"}

// deliveries lists deliveries, newest first.
func (o Options) deliveries(c echo.Context) error {
	f, err := filter(c)
	if err != nil {
		return err
	}
	list, err := o.Store.List(c.Request().Context(), f)
	if err != nil {
		return err
	}
	page := Page{Deliveries: make([]Delivery, len(list))}
	known := map[int64]Facts{}
	for i, d := range list {
		facts, ok := known[d.Event]
		if !ok {
			if facts, err = o.facts(c.Request().Context(), d.Event); err != nil {
				return err
			}
			known[d.Event] = facts
		}
		page.Deliveries[i] = Delivery{Delivery: d, Facts: facts}
	}
	return c.JSON(http.StatusOK, page)
}

// filter reads the query.
func filter(c echo.Context) (outbox.Filter, error) {
	query := c.QueryParams()
	if err := known(query, listQuery, "state"); err != nil {
		return outbox.Filter{}, err
	}
	f := outbox.Filter{Source: query.Get("source"), Rule: query.Get("rule"), App: query.Get("app"), GroupKey: query.Get("group_key")}
	for key, to := range map[string]*int64{"before": &f.Before, "event": &f.Event, "of": &f.Of} {
		if err := number(query.Get(key), key, to); err != nil {
			return f, err
		}
	}
	var err error
	if f.Limit, err = limit(query.Get("limit")); err != nil {
		return f, err
	}
	for _, s := range query["state"] {
		if !slices.Contains(outbox.States, outbox.State(s)) {
			return f, refuse(http.StatusBadRequest, "there is no state %q: %s", s, config.DidYouMean(s, stateNames()))
		}
		f.States = append(f.States, outbox.State(s))
	}
	return f, nil
}

// known refuses parameters that a list does not have, since a misspelt filter
// would show everything, and those given twice, but for one that may be.
func known(query url.Values, names []string, repeated string) error {
	for key, values := range query {
		switch {
		case !slices.Contains(names, key):
			return refuse(http.StatusBadRequest, "there is no parameter %q: %s", key, config.DidYouMean(key, names))
		case len(values) > 1 && repeated == "":
			return refuse(http.StatusBadRequest, "%s is given %d times: give it once", key, len(values))
		case len(values) > 1 && key != repeated:
			return refuse(http.StatusBadRequest, "%s is given %d times: give it once; only %s may be repeated", key, len(values), repeated)
		}
	}
	return nil
}

// limit reads how much a page is to hold; 0 where that is not said.
func limit(text string) (int, error) {
	var n int64
	if err := number(text, "limit", &n); err != nil {
		return 0, err
	}
	if n > MaxPage {
		return 0, refuse(http.StatusBadRequest, "limit=%d: a page has at most %d; ask for the next one with before=, the last id", n, MaxPage)
	}
	return int(n), nil
}

func stateNames() []string {
	names := make([]string, len(outbox.States))
	for i, s := range outbox.States {
		names[i] = string(s)
	}
	return names
}

// number reads a positive number into to; an empty text leaves it.
func number(text, key string, to *int64) error {
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return refuse(http.StatusBadRequest, "%s=%q is not a number above 0", key, text)
	}
	*to = n
	return nil
}

// delivery answers with one delivery and all that is known of it.
func (o Options) delivery(c echo.Context) error {
	id, err := deliveryID(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	d, err := o.get(ctx, id)
	if err != nil {
		return err
	}
	answer := Delivery{Delivery: d}
	if answer.Facts, err = o.facts(ctx, d.Event); err != nil {
		return err
	}
	children, err := o.Store.List(ctx, outbox.Filter{Of: d.ID, Limit: MaxPage})
	if err != nil {
		return err
	}
	if answer.Why, err = o.why(ctx, d, children); err != nil {
		return err
	}
	for _, k := range children {
		answer.Children = append(answer.Children, Child{Ref{k.ID, k.Rule, k.State}, k.Cause, k.Created})
	}
	return c.JSON(http.StatusOK, answer)
}

// deliveryID is the delivery that the path names.
func deliveryID(c echo.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return 0, refuse(http.StatusNotFound, "there is no delivery %q: its id is a number, see /api/v1/deliveries", c.Param("id"))
	}
	return id, nil
}

// get returns a delivery, or a refusal.
func (o Options) get(ctx context.Context, id int64) (outbox.Delivery, error) {
	d, err := o.Store.Get(ctx, id)
	if errors.Is(err, outbox.ErrNotFound) {
		return d, refuse(http.StatusNotFound, "there is no delivery %d; it may have been removed with its event", id)
	}
	return d, err
}

func (o Options) facts(ctx context.Context, event int64) (Facts, error) {
	e, err := o.Store.Event(ctx, event)
	if err != nil && !errors.Is(err, outbox.ErrNotFound) {
		return Facts{}, err
	}
	return Facts{Source: e.Source, Title: e.Title, Status: e.Status, Received: e.Received}, nil
}
