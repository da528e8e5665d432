/** What happens to a simulated client, and how it is told. */
import type {MachineTypes} from '../service/machine.js';
import type {SimulationEvent} from './events.js';
import type {SimulatedClient} from './simulated-client.js';

export type ClientEvent = Extract<SimulationEvent, {type: 'reply' | 'lost' | 'clientTimer' | 'submit'}>;

/** What was meant for an earlier life of the client is dropped. */
export function deliverToClient<T extends MachineTypes>(client: SimulatedClient<T>, event: ClientEvent): void {
	if (event.clientLife !== client.life) return;
	switch (event.type) {
		case 'reply':
			return client.reply(event.requestId, event.reply);
		case 'lost':
			return client.lost(event.requestId);
		case 'clientTimer':
			return client.timer(event.timer);
		case 'submit':
			return client.submit(event.slot);
		default:
			return event satisfies never;
	}
}
