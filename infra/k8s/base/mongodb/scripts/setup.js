// Initiates the replica set SET of MEMBERS members; creates its users, or sets their passwords. Run by mongosh.
//
// It connects as the internal user of the key file, which exists before any other user does.
const { readFileSync } = require("fs");

const set = process.env.SET;
const read = (name) => readFileSync(`/etc/mongodb/secrets/${name}`, "utf8").trim();
const host = (member) => `${set}-mongodb-${member}.${set}-mongodb:27017`;
const hosts = Array.from({ length: Number(process.env.MEMBERS) }, (_, member) => host(member));
const connect = (hosts, options) => {
  const key = encodeURIComponent(read("keyfile").replace(/\s/g, ""));
  const timeout = "serverSelectionTimeoutMS=30000";
  return new Mongo(`mongodb://__system:${key}@${hosts.join(",")}/?authSource=local&${timeout}&${options}`);
};

function initiate() {
  const admin = connect(hosts.slice(0, 1), "directConnection=true").getDB("admin");
  try {
    admin.adminCommand({ replSetGetStatus: 1 });
    print(`The replica set ${set} exists.`);
  } catch (error) {
    if (error.codeName !== "NotYetInitialized") throw error;
    const members = hosts.map((host, _id) => ({ _id, host }));
    admin.adminCommand({ replSetInitiate: { _id: set, members } });
    print(`Initiated the replica set ${set} of ${hosts.length} members.`);
  }
}

// The user of a connection string: its name and password, and the database of its data.
function userOf(uri) {
  const parts = /^mongodb:\/\/([^:@/]+):([^@/]+)@[^/]+\/([^?]*)/.exec(uri);
  if (!parts) throw new Error("expected mongodb://<user>:<password>@<hosts>/<database>");
  return { name: decodeURIComponent(parts[1]), password: decodeURIComponent(parts[2]), database: parts[3] };
}

function ensureUser(mongo, uri, rolesIn) {
  const { name, password, database } = userOf(uri);
  const admin = mongo.getDB("admin");
  const exists = admin.getUser(name) !== null;
  const roles = rolesIn(database);
  if (exists) admin.updateUser(name, { pwd: password, roles });
  else admin.createUser({ user: name, pwd: password, roles });
  print(`${exists ? "Updated" : "Created"} the user ${name}.`);
}

initiate();
const primary = connect(hosts, `replicaSet=${set}&readPreference=primary`);
// The service has its own database and nothing else.
ensureUser(primary, read("mongodb-uri"), (database) => [{ role: "readWrite", db: database }]);
ensureUser(primary, read("backup-uri"), () => ["backup", "restore"]);
