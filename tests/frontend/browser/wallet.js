// A wallet as extensions bring it into a page (EIP-1193, EIP-6963); what it signs and sends is done by the test.
(() => {
  const listeners = new Map();
  const provider = {
    async request({ method, params = [] }) {
      const { error, result } = JSON.parse(await window.walletRequest(JSON.stringify({ method, params })));
      if (error) throw Object.assign(new Error(error.message), error);
      return result;
    },
    on: (name, listener) => listeners.set(name, [...(listeners.get(name) ?? []), listener]),
  };
  window.walletEmits = (name, value) => (listeners.get(name) ?? []).forEach((listener) => listener(value));
  const info = { uuid: "5f0f2b0e-6a3c-4c0f-9d53-0f4f3a1c8a11", name: "Trial wallet", rdns: "example.trial", icon: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>" };
  const announce = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
