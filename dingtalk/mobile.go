package dingtalk

import (
	"context"
	"strconv"
)

// UserByMobile asks getbymobile for the user id of the employee in service with
// that telephone number; for internal apps with the permission
// qyapi_get_member_by_mobile. Its error is an *Error: BadRecipient where no
// employee has the number.
func (c *Client) UserByMobile(ctx context.Context, number string) (string, error) {
	var answer struct {
		Result struct {
			UserID text `json:"userid"`
		} `json:"result"`
	}
	const doing = "looking up a telephone number"
	e := c.post(ctx, doing, "/topapi/v2/user/getbymobile", []byte(`{"mobile":`+strconv.Quote(number)+`}`), &answer)
	if e == nil && answer.Result.UserID == "" {
		e = unreadable(200, "the answer holds no userid")
		e.Doing = doing
	}
	if e != nil {
		return "", e
	}
	return string(answer.Result.UserID), nil
}
