import type { createRenderer, Names, RenderedMessage } from './rendered-message.ts';
import type {
  Alert,
  Api,
  Clock,
  CommandLine,
  Conversation,
  Finding,
  Mail,
  Message,
  Page,
  Person,
  Release,
  ReleaseChannel,
  Run,
  Switch,
  Tour,
  Workspace,
} from './workspace.ts';

/** All that one browser shows: one person looking at one conversation. Sent whole after every change. */
export interface View {
  readonly as: string;
  readonly conversation: string;
  readonly people: readonly Person[];
  readonly conversations: readonly Conversation[];
  readonly messages: readonly ViewedMessage[];
  readonly commands: readonly CommandLine[];
  readonly mails: readonly Mail[];
  readonly pages: readonly Page[];
  readonly channels: readonly ReleaseChannel[];
  readonly runs: readonly Run[];
  readonly releases: readonly Release[];
  readonly clock: Clock;
  readonly alerts: readonly Alert[];
  readonly switches: readonly Switch[];
  readonly findings: readonly Finding[];
  readonly api: Api;
  readonly tours: readonly Tour[];
}

export type ViewedMessage = Omit<Message, 'blocks'> & RenderedMessage;

/** A person or conversation that does not exist (any more) is replaced by the first one, as a reload after "start over" needs. */
export function viewWorkspace(
  workspace: Workspace,
  render: ReturnType<typeof createRenderer>,
  wanted: { readonly as: string | null; readonly conversation: string | null },
): View {
  const people = workspace.people();
  const as = people.find(({ id }) => id === wanted.as)?.id ?? people[0]?.id ?? '';
  const conversations = workspace.conversations(as);
  const conversation =
    conversations.find(({ id }) => id === wanted.conversation)?.id ?? conversations[0]?.id ?? '';
  const messages = workspace.messages(as, conversation);
  const names: Names = {
    users: distinct([...people, ...messages.map(({ from }) => from)]),
    channels: conversations.map(({ id, name }) => ({ id, name })),
  };
  return {
    as,
    conversation,
    people,
    conversations,
    messages: messages.map(({ blocks, ...message }) => ({
      ...message,
      ...render({ text: message.text, blocks }, names),
    })),
    commands: workspace.commands(),
    mails: workspace.mails(),
    pages: workspace.pages(),
    channels: workspace.channels(),
    runs: workspace.runs(),
    releases: workspace.releases(),
    clock: workspace.clock(),
    alerts: workspace.alerts(),
    switches: workspace.switches(),
    findings: workspace.findings(),
    api: workspace.api(),
    tours: workspace.tours(),
  };
}

function distinct(users: readonly { readonly id: string; readonly name: string }[]): Names['users'] {
  return [...new Map(users.map(({ id, name }) => [id, { id, name }])).values()];
}
