/** Users, roles and their keys in an etcd cluster, as an administrator sets them up. */
import {Endpoints, type EndpointOptions} from '../../actors/engines/etcd/endpoints.js';
import type {Method} from '../../actors/engines/etcd/rpc/messages.js';
import {bytes, count, type Draft, type Fields, message, text} from '../../actors/engines/etcd/rpc/protobuf.js';

const permission = {type: count(1), key: bytes(2), rangeEnd: bytes(3)};
const permissionType = {read: 0, readWrite: 2} as const;

const method = <Request extends Fields>(name: string, request: Request): Method<Request, Fields> => ({
	path: `/etcdserverpb.Auth/${name}`,
	request,
	reply: {},
	isLinearizable: false,
});
const methods = {
	userAdd: method('UserAdd', {name: text(1), password: text(2)}),
	userChangePassword: method('UserChangePassword', {name: text(1), password: text(2)}),
	userGrantRole: method('UserGrantRole', {user: text(1), role: text(2)}),
	roleAdd: method('RoleAdd', {name: text(1)}),
	roleGrantPermission: method('RoleGrantPermission', {name: text(1), permission: message(2, permission)}),
	authEnable: method('AuthEnable', {}),
};

/** Of the user that administers. */
const rootPassword = 'of the root';

export class Users {
	readonly #options: Omit<EndpointOptions, 'credentials'>;

	private constructor(options: Omit<EndpointOptions, 'credentials'>) {
		this.#options = options;
	}

	/** From now on the cluster lets nobody in without a user. */
	static async enable(options: Omit<EndpointOptions, 'credentials'>): Promise<Users> {
		const users = new Users(options);
		await users.#call(methods.userAdd, {name: 'root', password: rootPassword}, undefined);
		await users.#call(methods.roleAdd, {name: 'root'}, undefined);
		await users.#call(methods.userGrantRole, {user: 'root', role: 'root'}, undefined);
		await users.#call(methods.authEnable, {}, undefined);
		return users;
	}

	/** A user that may read, or read and write, what begins with these prefixes. */
	async add(
		name: string,
		password: string,
		prefixes: {readonly readWrite?: readonly string[]; readonly read?: readonly string[]},
	): Promise<void> {
		await this.#call(methods.userAdd, {name, password});
		await this.#call(methods.roleAdd, {name});
		await this.#call(methods.userGrantRole, {user: name, role: name});
		for (const type of ['read', 'readWrite'] as const) {
			for (const prefix of prefixes[type] ?? []) {
				const key = Buffer.from(prefix);
				const rangeEnd = Buffer.from(key);
				rangeEnd.writeUInt8(rangeEnd.at(-1)! + 1, rangeEnd.length - 1);
				const granted = {type: permissionType[type], key, rangeEnd};
				await this.#call(methods.roleGrantPermission, {name, permission: granted});
			}
		}
	}

	async changePassword(name: string, password: string): Promise<void> {
		await this.#call(methods.userChangePassword, {name, password});
	}

	/** Until it is answered; the limit of the test is its deadline. */
	async #call<Request extends Fields>(
		called: Method<Request, Fields>,
		request: Draft<Request>,
		credentials: EndpointOptions['credentials'] = {user: 'root', password: rootPassword},
	): Promise<void> {
		const endpoints = new Endpoints({...this.#options, credentials});
		try {
			for (;;) {
				const answer = await endpoints.call(called, request, {timeoutMs: 2000});
				if (answer.type === 'answered') return;
				if (answer.type !== 'lost') throw new Error(`${called.path}: ${answer.reason}`);
				// The first attempt was carried out after all.
				if (/already (?:exists|enabled)|already granted/.test(answer.reason)) return;
			}
		} finally {
			endpoints.close();
		}
	}
}
