"use strict";
// The list of terminals and books. It only reads.

const at = (name) => document.querySelector(`[data-at="${name}"]`);
const FACES = {
  idle: "Ready", waiting_for_card: "Waits for a card", card_in_slot: "Card in the slot", processing: "Asks the bank",
  approved: "Approved", partially_approved: "Part approved", declined: "Declined", cancelled: "Cancelled",
  offline: "Cable pulled", choosing_tip: "Asks for a tip",
};
const WHAT = { sale: "sale", keyed: "keyed sale", auth_only: "hold", store_card: "keep card", void: "void", refund: "refund" };
let revision = -1;

const money = (minor, currency) => {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
};

function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function tile(terminal) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.className = "tile";
  link.href = `/terminal/${encodeURIComponent(terminal.id)}`;
  link.append(element("b", terminal.name), element("span", FACES[terminal.face] || terminal.face));
  item.append(link);
  return item;
}

function row(record) {
  const made = document.createElement("tr");
  const time = new Date(record.started_ms).toLocaleTimeString("en-US", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const back = record.of ? "" : record.voided ? " (voided)" : record.given_back ? ` (${money(record.given_back, record.currency)} back)` : "";
  made.append(
    element("td", time),
    element("td", record.reference || "-"),
    element("td", WHAT[record.operation] || record.operation),
    element("td", record.state + back, `state ${record.state}`),
    element("td", record.asked ? money(record.asked, record.currency) : "", "sumcell"),
    element("td", record.amount ? (record.of ? "\u2212" : "") + money(record.amount, record.currency) : "", "sumcell"),
    element("td", record.last4 ? `${record.brand} ${record.last4}` : ""),
    element("td", record.batch || ""),
  );
  return made;
}

function show(now) {
  at("tiles").replaceChildren(...now.terminals.map(tile));
  at("rows").replaceChildren(...now.records.map(row));
  at("balance").textContent = money(now.balance, now.currency);
  at("count").textContent = now.count > now.records.length ? `(the last ${now.records.length} of ${now.count} records)` : "";
  at("table").hidden = now.records.length === 0;
  at("empty").hidden = now.records.length > 0;
}

async function follow() {
  for (;;) {
    try {
      const now = await (await fetch(`/counter/state?after=${revision}`)).json();
      revision = now.revision;
      show(now);
    } catch {
      revision = -1;
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}
follow();
