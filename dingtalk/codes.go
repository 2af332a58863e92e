package dingtalk

import (
	"regexp"
	"strconv"
	"time"
)

// How long to wait where DingTalk does not say.
const (
	second   = time.Second      // gateway throttling is reckoned by the second
	minute   = time.Minute      // recipients are reckoned by the minute
	banned   = 5 * time.Minute  // an address that flooded is shut out for five minutes
	repair   = time.Minute      // a person has to act; look again
	newMonth = 15 * time.Minute // the quota is renewed by month, or bought at any time
)

// meaning is what a code means to a sender.
type meaning struct {
	action Action
	words  string        // in English, with the remedy where there is one
	wait   time.Duration // RetryAfter
	// maybe marks failures inside DingTalk, after which the message may have
	// been taken all the same.
	maybe bool
}

// meanings is what DingTalk's codes mean, errcode and sub_code alike, and those
// of forbidden_list (143…). Sources: the global error table, the pages of the
// work-notification endpoints, and answers of the real servers.
var meanings = map[int]meaning{
	-1:     {action: Retry, words: "DingTalk is busy", wait: second, maybe: true},
	15:     {action: Retry, words: "a service behind DingTalk's gateway failed", wait: second, maybe: true},
	500:    {action: Retry, words: "DingTalk failed inside", wait: second, maybe: true},
	34015:  {action: Retry, words: "DingTalk could not pass the message on", wait: second, maybe: true},
	400001: {action: Retry, words: "DingTalk failed inside, or an optional parameter is empty", wait: second, maybe: true},
	41052:  {action: Retry, words: "too many recipients, or the sending is not finished yet", wait: 5 * second},

	40001: {action: RenewToken, words: "the access token is invalid"},
	40014: {action: RenewToken, words: "the access token is invalid"},
	42001: {action: RenewToken, words: "the access token has expired"},

	45009:   {action: SlowDown, words: "too many calls", wait: second},
	41046:   {action: SlowDown, words: "too many messages to everyone in a minute", wait: minute},
	41047:   {action: SlowDown, words: "too many recipients in a minute for the organisation", wait: minute},
	41048:   {action: SlowDown, words: "too many messages in all", wait: minute},
	130101:  {action: SlowDown, words: "sending too fast", wait: minute},
	143103:  {action: SlowDown, words: "more recipients in a minute than the app may reach", wait: minute},
	143104:  {action: SlowDown, words: "more recipients in a minute than the organisation's apps may reach", wait: minute},
	143203:  {action: SlowDown, words: "more recipients in a minute than the app may reach in this organisation", wait: minute},
	143204:  {action: SlowDown, words: "more recipients in a minute than the app may reach in all organisations", wait: minute},
	1430003: {action: SlowDown, words: "DingTalk protects itself from overload", wait: minute},
	90018:   {action: SlowDown, words: "more calls a second than this app may make to this API", wait: second},
	90019:   {action: SlowDown, words: "more calls a second than this app may make to this API for this organisation", wait: second},
	90002:   {action: SlowDown, words: "all apps together call this API too often; the full hour is the worst time", wait: second},

	90020: {action: QuotaUsedUp, words: "the organisation's API calls of this month are used up; buy more in the developer console, or wait for the next month", wait: newMonth},

	41045:  {action: Tomorrow, words: "the three messages to everyone of this day are used up"},
	143105: {action: Tomorrow, words: "the employee has received this app's most messages of a day"},
	143205: {action: Tomorrow, words: "the employee has received this app's most messages of a day"},

	33012: {action: BadRecipient, words: "a user id is invalid"},
	40003: {action: BadRecipient, words: "a user id is invalid"},
	40031: {action: BadRecipient, words: "a user id in the list is invalid"},
	46004: {action: BadRecipient, words: "the user does not exist"},
	60121: {action: BadRecipient, words: "the user was not found"},
	40104: {action: BadRecipient, words: "no employee has the telephone number"},
	40009: {action: BadRecipient, words: "a department id is invalid"},
	60003: {action: BadRecipient, words: "the department does not exist"},
	50002: {action: BadRecipient, words: "an employee is outside the app's visible scope; widen it in the developer console and publish the app"},
	50004: {action: BadRecipient, words: "a department is outside the app's visible scope; widen it in the developer console and publish the app"},

	22:     {action: Misconfigured, words: "there is no such API at this address; check base_url", wait: repair},
	404:    {action: Misconfigured, words: "there is no such address; check base_url", wait: repair},
	33001:  {action: Misconfigured, words: "the organisation is unknown; check app_key", wait: repair},
	40000:  {action: Misconfigured, words: "the access token did not arrive; does a proxy cut the query?", wait: repair},
	41001:  {action: Misconfigured, words: "the access token did not arrive; does a proxy cut the query?", wait: repair},
	43007:  {action: Misconfigured, words: "the call needs an access token", wait: repair},
	43001:  {action: Misconfigured, words: "the call must be a GET; does a proxy change it?", wait: repair},
	43002:  {action: Misconfigured, words: "the call must be a POST; does a proxy change it?", wait: repair},
	43003:  {action: Misconfigured, words: "the call must use https; check base_url", wait: repair},
	43004:  {action: Misconfigured, words: "the content type was not understood; does a proxy change it?", wait: repair},
	43005:  {action: Misconfigured, words: "the call must be a multipart form", wait: repair},
	43008:  {action: Misconfigured, words: "the call must be a multipart form", wait: repair},
	40056:  {action: Misconfigured, words: "agent_id is not valid; copy it from the app's page in the developer console", wait: repair},
	41011:  {action: Misconfigured, words: "agent_id is missing", wait: repair},
	52019:  {action: Misconfigured, words: "agent_id is not known", wait: repair},
	70003:  {action: Misconfigured, words: "agent_id is not known", wait: repair},
	70004:  {action: Misconfigured, words: "agent_id is not known", wait: repair},
	40080:  {action: Misconfigured, words: "the suite's token or secret is invalid", wait: repair},
	40082:  {action: Misconfigured, words: "the suite's token or secret is invalid", wait: repair},
	40088:  {action: Misconfigured, words: "the suite's token or secret is invalid", wait: repair},
	40085:  {action: Misconfigured, words: "the suite ticket does not exist", wait: repair},
	40089:  {action: Misconfigured, words: "app_key or app_secret is wrong", wait: repair},
	40096:  {action: Misconfigured, words: "app_key or app_secret is wrong; copy both from the app's page in the developer console", wait: repair},
	41030:  {action: Misconfigured, words: "the organisation has not authorised this app", wait: repair},
	41044:  {action: Misconfigured, words: "the app is forbidden to send messages", wait: repair},
	48002:  {action: Misconfigured, words: "the API is not authorised for this app", wait: repair},
	48004:  {action: Misconfigured, words: "the authorisation is not valid", wait: repair},
	50003:  {action: Misconfigured, words: "the app is disabled", wait: repair},
	50005:  {action: Misconfigured, words: "the organisation has disabled the app", wait: repair},
	60011:  {action: Misconfigured, words: "the app lacks the permission; apply for it in the developer console and publish the app", wait: repair},
	60020:  {action: Misconfigured, words: "this address is not in the app's IP whitelist; add it in the developer console", wait: repair},
	70001:  {action: Misconfigured, words: "the organisation or the app is disabled", wait: repair},
	853001: {action: Misconfigured, words: "the signature's timestamp is malformed", wait: repair},
	853002: {action: Misconfigured, words: "the signature's timestamp is more than a minute off; check this machine's clock", wait: repair},
	853003: {action: Misconfigured, words: "the suite key is not known", wait: repair},
	853004: {action: Misconfigured, words: "the signature does not match; check the suite's secret", wait: repair},
	900005: {action: Misconfigured, words: "the signature does not match; check the suite's secret", wait: repair},

	40:      {action: GiveUp, words: "a required parameter is missing"},
	41:      {action: GiveUp, words: "a parameter is invalid"},
	400002:  {action: GiveUp, words: "a parameter is invalid"},
	34004:   {action: GiveUp, words: "the msgtype is invalid"},
	40008:   {action: GiveUp, words: "the msgtype is invalid"},
	34008:   {action: GiveUp, words: "the image is missing"},
	34009:   {action: GiveUp, words: "the message's URL is missing"},
	34010:   {action: GiveUp, words: "the file's media id is missing"},
	34011:   {action: GiveUp, words: "the voice's media id is missing"},
	34014:   {action: GiveUp, words: "the message's structure is invalid"},
	34016:   {action: GiveUp, words: "the message is too long"},
	45002:   {action: GiveUp, words: "the content is too long"},
	45003:   {action: GiveUp, words: "the title is too long"},
	45004:   {action: GiveUp, words: "the description is too long"},
	45005:   {action: GiveUp, words: "a link is too long"},
	45006:   {action: GiveUp, words: "the image's link is too long"},
	45007:   {action: GiveUp, words: "the voice is too long"},
	40039:   {action: GiveUp, words: "a link is too long"},
	40067:   {action: GiveUp, words: "the title is too long"},
	40004:   {action: GiveUp, words: "the media type is invalid"},
	40005:   {action: GiveUp, words: "the file type is invalid"},
	40006:   {action: GiveUp, words: "the file is too large"},
	40007:   {action: GiveUp, words: "the media id is invalid"},
	40032:   {action: GiveUp, words: "the list of user ids is empty or too long"},
	40033:   {action: GiveUp, words: `the message holds \u escapes`},
	40035:   {action: GiveUp, words: "a parameter is invalid"},
	40038:   {action: GiveUp, words: "the request is malformed"},
	41015:   {action: GiveUp, words: "a parameter is missing"},
	43009:   {action: GiveUp, words: "the body is missing"},
	47001:   {action: GiveUp, words: "the JSON cannot be read"},
	40048:   {action: GiveUp, words: "a link's domain is not allowed"},
	41028:   {action: GiveUp, words: "this app may not send to everyone"},
	41029:   {action: GiveUp, words: "more recipients than one call may reach"},
	41049:   {action: GiveUp, words: "the content is forbidden"},
	60022:   {action: GiveUp, words: "the content is forbidden"},
	1430002: {action: GiveUp, words: "the content is forbidden"},
	143106:  {action: GiveUp, words: "the employee has already received the same content today"},
	143206:  {action: GiveUp, words: "the employee has already received the same content today"},
	1430000: {action: GiveUp, words: "there is no recipient"},
	1430001: {action: GiveUp, words: "the grant type is not known"},
	1430004: {action: GiveUp, words: "the recipient is an executive under protection"},
	885001:  {action: GiveUp, words: "the message template does not exist"},
	885006:  {action: GiveUp, words: "the message template is not approved"},
}

// Words says in English what a code of DingTalk's means, errcode, sub_code or
// the code of a Forbidden alike; "" where it is not known.
func Words(code string) string {
	m, _ := lookUp(code)
	return m.words
}

func lookUp(code string) (meaning, bool) {
	n, err := strconv.Atoi(code)
	if err != nil {
		return meaning{}, false
	}
	if m, ok := meanings[n]; ok {
		return m, true
	}
	if n >= 90001 && n <= 90017 { // further dimensions of the gateway's throttling
		return meaning{action: SlowDown, words: "too many calls", wait: second}, true
	}
	return meaning{}, false
}

// aboutAgent finds the one hint that tells a wrong agent_id, which a person can
// put right for every message, from other invalid parameters (400002, 41).
var aboutAgent = regexp.MustCompile(`(?i)agent_?id`)

// meaningOf finds what to do about a code. A code that nobody has documented
// is tried again, a bounded number of times, and says nothing for certain.
func meaningOf(code, text string) meaning {
	m, ok := lookUp(code)
	if !ok {
		return meaning{action: Retry, wait: second, maybe: true}
	}
	if (code == "400002" || code == "41" || code == "40") && aboutAgent.MatchString(text) {
		m.action, m.wait = Misconfigured, repair
	}
	return m
}
