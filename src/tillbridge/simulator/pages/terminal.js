"use strict";
// One terminal: shows what the simulator says, sends what the hand does. It decides nothing.

const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
const id = meta("terminal");
const device = document.querySelector(".device");
const at = (name) => document.querySelector(`[data-at="${name}"]`);
let state = null;
let typed = "";
let revision = -1;

const money = (minor, currency) => {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
};

const CANCELLED = {
  client: "by the client", cashier: "by the clinic", timeout: "No card was presented", gateway: "by the clinic",
};
const HINTS = {
  idle: "Nothing is asked of the client now.",
  waiting_for_card: "The terminal asks for a card. Choose what the client does.",
  card_in_slot: "A card is in the slot. The terminal is not free until it is out.",
  choosing_tip: "The terminal asks for a tip first.",
  processing: "The bank is being asked. Too late to cancel.",
  approved: "Done. Money was taken.",
  partially_approved: "The card had only a part of it. That part was taken.",
  declined: "Nothing was taken.",
  cancelled: "Nothing was taken.",
  offline: "The cable is out. The terminal shows nothing new until it is back in.",
};

// What the screen says in each state: [headline, small line].
function words(now) {
  switch (now.face) {
    case "idle": return ["Welcome", "Ready"];
    case "choosing_tip": return ["Add a tip?", now.stopping ? "Cancelling" : "\u00a0"];
    case "waiting_for_card":
      if (now.stopping) return ["Cancelling", "One moment"];
      if (now.keyed) return [typed ? "\u2022".repeat(Math.max(0, typed.length - 4)) + typed.slice(-4) : "Key card number", "then the green key"];
      return [now.storing ? "Tap to keep card" : "Tap or insert card", now.tip ? `with ${money(now.tip, now.currency)} tip` : "\u00a0"];
    case "card_in_slot": return ["Please remove card", "\u00a0"];
    case "processing": return ["Please wait", now.card_in ? "Do not remove card" : "Talking to the bank"];
    case "approved": return ["Approved", now.card_in ? "Remove card" : "Thank you"];
    case "partially_approved": return ["Part approved", now.card_in ? "Remove card" : "The rest is still due"];
    case "declined": return ["Declined", now.card_in ? "Remove card" : now.text];
    case "cancelled": return ["Cancelled", now.card_in ? "Remove card" : CANCELLED[now.text] || ""];
    default: return ["No connection", "Check the cable"];
  }
}

function show(now) {
  state = now;
  if (now.face !== "waiting_for_card" || !now.keyed) typed = "";
  device.dataset.face = now.face;
  device.dataset.online = now.online ? "yes" : "no";
  device.dataset.card = now.card_in ? "in" : "out";
  const line = now.show.find((each) => each !== now.clinic);
  const busy = !["idle", "offline"].includes(now.face);
  at("clinic").textContent = now.show[0] || now.clinic;
  at("whom").textContent = busy && line && line !== now.show[0] ? `for ${line}` : "";
  at("amount").textContent = busy && now.amount && now.face !== "cancelled" ? money(now.amount, now.currency) : "";
  const [says, small] = words(now);
  at("says").textContent = says;
  at("small").textContent = small;
  at("tips").hidden = now.face !== "choosing_tip";
  for (const button of document.querySelectorAll("[data-tip]")) button.title = money(tipOf(button), now.currency);
  at("hint").textContent = now.auto ? "This terminal answers by itself. You may still press." : HINTS[now.face];
  enable(now);
}

const tipOf = (button) => Math.round((state.amount * Number(button.dataset.tip)) / 100);

function enable(now) {
  const waiting = now.face === "waiting_for_card" && !now.keyed;
  for (const button of document.querySelectorAll("[data-needs]")) {
    const slot = now.card_in ? "remove" : "insert";
    if (button.dataset.needs === "slot") {
      button.dataset.press = slot;
      button.querySelector("b").textContent = now.card_in ? "Take card out" : "Insert card";
      button.disabled = !now.card_in && !(waiting || now.face === "idle");
    } else if (button.dataset.press === "cancel") {
      button.disabled = !["waiting_for_card", "choosing_tip"].includes(now.face);
    } else {
      button.disabled = !waiting;
    }
  }
  const bank = at("bank");
  bank.dataset.press = now.bank_online ? "lose_bank" : "find_bank";
  bank.querySelector("b").textContent = now.bank_online ? "Cut the bank's line" : "Mend the bank's line";
  const cable = at("cable");
  cable.dataset.press = now.online ? "pull" : "plug";
  cable.querySelector("b").textContent = now.online ? "Pull the cable" : "Plug the cable in";
  cable.querySelector("span").textContent = now.online ? "what was sent stays sent" : "the terminal comes back";
}

async function press(button, more = {}) {
  at("problem").textContent = "";
  try {
    const reply = await fetch(`/terminal/${id}/press`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-press-token": meta("press-token") },
      body: JSON.stringify({ button, ...more }),
    });
    if (reply.status === 403) location.reload();
    if (!reply.ok) at("problem").textContent = problem((await reply.json()).error.code);
  } catch {
    at("problem").textContent = "The simulator does not answer.";
  }
}

function problem(code) {
  if (code === "not_a_test_card") return "This keypad takes test cards only: 4242 4242 4242 4242.";
  return "That is not possible at this moment.";
}

function tapping(button) {
  if (!["tap", "decline", "partial"].includes(button.dataset.press)) return;
  device.dataset.deed = button.classList.contains("grey") ? "grey" : "blue";
  device.dataset.tapping = "yes";
  setTimeout(() => { delete device.dataset.tapping; }, 750);
}

function key(button) {
  if (!state || state.face !== "waiting_for_card" || !state.keyed) return;
  if (button.dataset.digit) typed = (typed + button.dataset.digit).slice(0, 19);
  else if (button.dataset.edit === "back") typed = typed.slice(0, -1);
  else { press("key", { number: typed }); typed = ""; }
  show(state);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.disabled) return;
  if (button.dataset.digit || button.dataset.edit) { key(button); return; }
  if (button.dataset.tip) { press("tip", { amount: tipOf(button) }); return; }
  tapping(button);
  press(button.dataset.press, button.dataset.press === "decline" ? { reason: at("reason").value } : {});
});

async function follow() {
  for (;;) {
    try {
      const reply = await fetch(`/terminal/${id}/state?after=${revision}`);
      const now = await reply.json();
      revision = now.revision;
      show(now);
    } catch {
      revision = -1;
      device.dataset.face = "offline";
      at("says").textContent = "Simulator stopped";
      at("small").textContent = "Start it again";
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}
follow();
