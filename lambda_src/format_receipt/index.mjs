// Writes the receipt of a transaction in words. The sample in JavaScript.

const WORDS = { PURCHASE: "You paid", REFUND: "You get back" };

/** `event` is what ProcessPurchase or ProcessRefund answers; gives `{receipt}`. */
export const handler = async (event) => {
  const words = WORDS[event.TransactionType];
  if (!words) throw new TypeError(`TransactionType is ${JSON.stringify(event.TransactionType)}, but must be one of ${Object.keys(WORDS).join(", ")}.`);
  const amount = new Intl.NumberFormat("en-GB", { style: "currency", currency: event.Currency ?? "EUR" }).format(event.Amount);
  console.log(`receipt for ${event.CustomerId}`);
  return { receipt: `${words} ${amount}.`, customer: event.CustomerId };
};
