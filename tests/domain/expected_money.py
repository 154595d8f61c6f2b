"""What the money leg must do, written by hand from the design's table, with the reasoned changes marked.

Changes against the draft (each has its reason in docs/decisions, the two machines):
 (a) an approval is adopted only while it is wanted; else it goes through the door at once, to be given back
 (b) a sign of life of a declined, cancelled or refused attempt is doubted and asked about (also "running", "settled")
 (c) answers of a capture: refused -> killing, not sent -> stay, pending -> pending; a hold that was voided is cancelled
 (d) behind the door: what is back already is not given back again; a part does not close it; a void that settled failed
 (e) stale notices of what is known change nothing
 (f) a pending attempt may still be declined, cancelled or approved
 (g) refunds and disputes of others are counted once, and on returned or voided money only when they are lost
 (h) a give-back that is approved late stands: it cannot be given back
 (i) a named person may give back a partial approval while nobody has decided on it
 (j) a charge that our own give-back takes back is told by that give-back; one that settles all the same was not
"""

from __future__ import annotations

ADOPT = {
    "approved": "approved +owe_posting ? wanted : killing +late +alert ? can_go_back : approved +owe_posting +alert",
    "authorized": "authorized ? wanted : killing +late +alert ? can_go_back : authorized +alert",
    "pended": "pending +owe_posting ? wanted : killing +late +alert ? can_go_back : pending +owe_posting +alert",
    "settled": "settled +owe_posting ? wanted : killing +late +alert ? can_go_back : settled +owe_posting +alert",
}
UNDER_WAY = "\n".join(f"{event} > {cell}" for event, cell in ADOPT.items())

GIVEN_ELSEWHERE = """
    refunded_elsewhere > = +add_given_back +owe_reversal ? new : =
    dispute_opened > = +hold ? new : =
    dispute_won > = +release
    dispute_lost > = +add_given_back +owe_reversal +release ? new : =
"""

OVER = """
    acknowledged approved authorized pended settled > unknown +alert +block_posting
    declined cancelled not_sent not_found no_reply restarted > =
"""

MONEY = {
    "created": """
        send_started > sending
        restarted > =
        cancel_asked stopped > cancelled
    """,
    "sending": UNDER_WAY
    + """
        acknowledged > running
        declined > declined
        cancelled > cancelled
        not_sent > not_sent
        no_reply restarted > unknown
        cancel_asked > =
    """,
    "running": UNDER_WAY
    + """
        acknowledged > =
        declined > declined
        cancelled > cancelled
        not_sent > not_sent
        no_reply restarted not_found horizon_passed > unknown
        cancel_asked > =
    """,
    "unknown": UNDER_WAY
    + """
        acknowledged > running
        declined > declined
        cancelled > cancelled
        not_sent > not_sent
        no_reply restarted not_found cancel_asked > =
        horizon_passed stopped > killing
    """,
    "authorized": UNDER_WAY
    + """
        acknowledged not_sent no_reply restarted not_found > =
        cancelled voided > cancelled
        declined horizon_passed cancel_asked stopped > killing
    """,
    "killing": """
        acknowledged no_reply restarted not_found horizon_passed cancel_asked stopped kill_acknowledged > =
        approved > = +late ? can_go_back : approved +owe_posting +alert
        authorized > = +late ? can_go_back : authorized +alert
        pended > = +late ? can_go_back : pending +owe_posting +alert
        settled re_presented > = +late ? can_go_back : settled +owe_posting +alert
        declined not_sent > killed ? nothing_late : = +alert
        cancelled voided returned settlement_rejected > killed
        kills_proved > killed ? kills_done : =
        given_back refunded_elsewhere > killed ? covered : =
        dispute_opened > = +hold
        dispute_won > = +release
        dispute_lost > killed +release ? covered : = +release
    """,
    "killed": """
        declined cancelled not_sent no_reply restarted not_found kill_acknowledged kills_proved > =
        given_back sweep_ended settlement_rejected voided returned > =
        acknowledged > killing +alert
        approved > = ? all_back : killing +late +alert ? can_go_back : approved +owe_posting +alert
        authorized > = ? all_back : killing +late +alert ? can_go_back : authorized +alert
        pended > = ? all_back : killing +late +alert ? can_go_back : pending +owe_posting +alert
        settled > = ? all_back : killing +late +alert ? can_go_back : settled +owe_posting +alert
        re_presented > killing +late +alert ? can_go_back : settled +owe_posting +alert
        refunded_elsewhere > = +over_returned ? new : =
        dispute_opened dispute_won > = +task
        dispute_lost > = +over_returned +task ? new : =
    """,
    "not_sent": OVER,
    "declined": OVER,
    "cancelled": OVER,
    "approved": GIVEN_ELSEWHERE
    + """
        approved > = ? same_amount : = +alert
        acknowledged pended restarted > =
        settled > settled +alert +task ? taken_back : settled
        settlement_rejected returned > returned +owe_reversal
        voided > = ? our_void : voided +owe_reversal
        stopped > killing +owe_reversal ? undecided : impossible
    """,
    "pending": GIVEN_ELSEWHERE
    + """
        acknowledged pended restarted no_reply not_found > =
        approved > approved
        settled > settled
        settlement_rejected returned declined > returned +owe_reversal
        cancelled > voided +owe_reversal
        voided > approved ? our_void : voided +owe_reversal
    """,
    "settled": GIVEN_ELSEWHERE
    + """
        approved > = ? same_amount : = +alert
        acknowledged pended restarted settled > =
        settlement_rejected returned > returned +owe_reversal
        voided > = +alert +task
    """,
    "returned": """
        acknowledged approved pended declined restarted settled settlement_rejected voided returned > =
        refunded_elsewhere > = +over_returned +task ? new : =
        re_presented > settled +owe_reposting
        dispute_opened > = +hold +task ? new : =
        dispute_won > = +release
        dispute_lost > = +over_returned +task +release ? new : =
    """,
    "voided": """
        acknowledged approved pended cancelled restarted settlement_rejected voided returned > =
        settled > = +alert +task
        refunded_elsewhere > = +over_returned +task ? new : =
        dispute_opened dispute_won > = +task
        dispute_lost > = +over_returned +task ? new : =
    """,
}
