// What stays on the device: IndexedDB, small promises around it. Tokens never come here.

const NAME = "player";
const VERSION = 1;
let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const base = request.result;
      base.createObjectStore("values"); // settings, profile, clock
      base.createObjectStore("queue", { keyPath: "id" }); // what the server has not confirmed yet
      base.createObjectStore("kept", { keyPath: "id" }); // films on this device
      base.createObjectStore("parts"); // pieces of a download, by [film, file, number]
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => {
        request.result.close();
        opened = null;
      };
      resolve(request.result);
    };
    request.onerror = () => {
      opened = null;
      reject(request.error);
    };
  });
  return opened;
}

/** Runs `work(store)` in one transaction; resolves with its request's result when all of it is on the disk. */
async function within(name, mode, work) {
  const base = await open();
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(name, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
    const request = work(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
    transaction.onerror = () => reject(transaction.error);
  });
}

export const read = (name, key) => within(name, "readonly", (store) => store.get(key));
export const readAll = (name, range) => within(name, "readonly", (store) => store.getAll(range));
export const put = (name, value, key) => within(name, "readwrite", (store) => (key === undefined ? store.put(value) : store.put(value, key)));
export const remove = (name, key) => within(name, "readwrite", (store) => store.delete(key));
export const clear = (name) => within(name, "readwrite", (store) => store.clear());

/** Change one row so that no other tab can come in between; `change` gives the new row, or undefined to leave it. */
export async function change(name, key, alter) {
  const base = await open();
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(name, "readwrite", { durability: "strict" });
    const store = transaction.objectStore(name);
    const request = store.get(key);
    let made;
    request.onsuccess = () => {
      made = alter(request.result);
      if (made !== undefined) store.put(made);
    };
    transaction.oncomplete = () => resolve(made);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const value = (key) => read("values", key);
export const setValue = (key, content) => put("values", content, key);
export const dropValue = (key) => remove("values", key);
