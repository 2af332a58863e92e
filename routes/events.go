package routes

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"workbell/outbox"
)

// EventPage is the answer to a list of events. The next one is asked for with
// before, the last one's id.
type EventPage struct {
	Events []outbox.Event `json:"events"`
}

// eventQuery are the parameters of the list; docs/openapi.yaml describes them.
var eventQuery = []string{"after", "before", "limit", "source"}

// events lists events, newest first, without their payloads.
func (o Options) events(c echo.Context) error {
	query := c.QueryParams()
	if err := known(query, eventQuery, ""); err != nil {
		return err
	}
	f := outbox.EventFilter{Source: query.Get("source")}
	err := errors.Join(number(query.Get("before"), "before", &f.Before), number(query.Get("after"), "after", &f.After))
	if err == nil {
		f.Limit, err = limit(query.Get("limit"))
	}
	if err != nil {
		return err
	}
	list, err := o.Store.Events(c.Request().Context(), f)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, EventPage{append([]outbox.Event{}, list...)})
}

func (o Options) event(c echo.Context) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return refuse(http.StatusNotFound, "there is no event %q: its id is a number, see /api/v1/events", c.Param("id"))
	}
	e, err := o.Store.Event(c.Request().Context(), id)
	if errors.Is(err, outbox.ErrNotFound) {
		return refuse(http.StatusNotFound, "there is no event %d; it may have been removed from the history", id)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, e)
}
