// Small values that outlive a reload: kept in the browser, or in this page alone where storage is closed.

const inPage = new Map();

function storage(kind) {
  try {
    return window[kind];
  } catch {
    return null;
  }
}

function over(kind) {
  return {
    read(name) {
      try {
        return JSON.parse(storage(kind).getItem(name));
      } catch {
        return inPage.get(name) ?? null;
      }
    },
    write(name, value) {
      inPage.set(name, value);
      try {
        storage(kind).setItem(name, JSON.stringify(value));
      } catch {
        return;
      }
    },
    forget(name) {
      inPage.delete(name);
      storage(kind)?.removeItem(name);
    },
  };
}

export const memory = over("localStorage");
export const tabMemory = over("sessionStorage");
